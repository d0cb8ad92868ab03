/** Builds what has changed before the first test, so that a bare `npx vitest` never runs on yesterday's output. */
import { build } from './build.mjs';
import { say } from './lib/command.mjs';

export default async function setup() {
  try {
    await build();
  } catch (error) {
    // Types are `npm test`'s own part; a half-changed package must not keep the others' tests from running.
    const lines = String(error.output ?? error)
      .trimEnd()
      .split('\n');
    const rest = lines.length > 10 ? `\n… and ${lines.length - 10} more lines: npm run build` : '';
    say(`the build has errors, and the tests run on what it gave:\n${lines.slice(0, 10).join('\n')}${rest}`);
  }
}
