/**
 * Checks what the pending changesets would release: no package takes a greater step than some changeset asks for (a peer
 * dependency that leaves its range would make everything 1.0.0), and no private one is released.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { say } from './lib/command.mjs';
import { publicPackages, root } from './lib/workspace.mjs';

const STEPS = ['none', 'patch', 'minor', 'major'];

// `changeset status` asks git for the branch main, which a clone need not have; the plan itself needs no git.
const changesets = createRequire(createRequire(join(root, 'package.json')).resolve('@changesets/cli'));
const { default: getReleasePlan } = changesets('@changesets/get-release-plan');
const plan = await getReleasePlan(root);

const asked = Math.max(
  0,
  ...plan.changesets.flatMap(({ releases }) => releases.map(({ type }) => STEPS.indexOf(type))),
);
const published = new Set(publicPackages().map(({ name }) => name));
const wrong = plan.releases.filter(
  ({ name, type }) => STEPS.indexOf(type) > asked || (type !== 'none' && !published.has(name)),
);
for (const { name, oldVersion, newVersion } of plan.releases) say(`  ${name} ${oldVersion} → ${newVersion}`);
if (wrong.length > 0) {
  const list = wrong.map(({ name, type }) => `${name} (${type})`).join(', ');
  say(
    `✗ no changeset asks for more than ${STEPS[asked]}, or for private packages, but these would be released: ${list}`,
  );
  process.exitCode = 1;
}
