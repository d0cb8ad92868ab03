/**
 * `npm test`: set-up, then lint, types, tests and the documentation's examples; every part runs even if one fails.
 * `npm test -- FILTER…`: set-up, then vitest alone with these arguments.
 */
import { bin, run, say, step } from './lib/command.mjs';
import { setup } from './setup.mjs';

const filters = process.argv.slice(2);

const parts = [
  [
    'lint',
    () =>
      run([
        ...bin('@biomejs/biome'),
        'ci',
        '--error-on-warnings',
        ...(process.stdout.isTTY ? [] : ['--colors=off']),
        '.',
      ]),
  ],
  ['types', () => run([...bin('typescript', 'tsc'), '-p', 'tsconfig.test.json'])],
  ['tests', () => run([...bin('vitest'), 'run', ...filters])],
  ["documentation's examples", () => run([process.execPath, 'scripts/check-docs.mjs'])],
];

await setup();
const failed = [];
for (const [title, body] of filters.length > 0 ? parts.filter(([name]) => name === 'tests') : parts) {
  try {
    await step(title, body);
  } catch (error) {
    if (error.name !== 'CommandError') throw error;
    say(`✗ ${title}`);
    failed.push(title);
  }
}
if (failed.length > 0) {
  say(`\nfailed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
