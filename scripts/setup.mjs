/**
 * Makes a fresh clone ready: installs what the lockfile says (only when that has changed) and builds (only what
 * has changed). Plain Node, no dependencies, since it runs before there are any.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { run, say, step } from './lib/command.mjs';
import { projects, root } from './lib/workspace.mjs';

const stampFile = join(root, 'node_modules', '.poniard-install');

export async function setup() {
  await install();
  // Imported late: the bundler is one of the packages that were just installed.
  const { build } = await import('./build.mjs');
  await build();
}

async function install() {
  checkNode();
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === installStamp()) return;
  const { packageManager } = readJson(join(root, 'package.json'));
  say('installing packages from the lockfile; the first time takes a while …');
  // CI=true: never ask, and never rewrite the lockfile.
  await step('installed', () =>
    run(['npx', '-y', packageManager, 'install', '--frozen-lockfile'], { quiet: true, env: { CI: 'true' } }),
  );
  writeFileSync(stampFile, installStamp());
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new Error(`Node 20.19 or later is needed; this is ${process.version}`);
}

/** Changes when an install could give something else: the lockfile, or any manifest's dependencies. */
function installStamp() {
  const hash = createHash('sha256');
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml']) hash.update(readFileSync(join(root, file)));
  const manifests = [{ dir: root, manifest: readJson(join(root, 'package.json')) }, ...projects()];
  for (const { dir, manifest: m } of manifests) {
    // The modules folder counts too: somebody may have removed it.
    const installed = dir === root || existsSync(join(dir, 'node_modules')) || !hasDependencies(m);
    hash.update(JSON.stringify([m.name, m.packageManager, m.dependencies, m.devDependencies]));
    hash.update(JSON.stringify([m.optionalDependencies, m.peerDependencies, installed]));
  }
  return hash.digest('hex');
}

const hasDependencies = (m) =>
  Object.keys({ ...m.dependencies, ...m.devDependencies, ...m.optionalDependencies }).length > 0;

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await setup();
