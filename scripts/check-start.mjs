/** Runs `npm start -- --json` as a newcomer would, and checks that the digits are classified as they should be. */
import { run } from './lib/command.mjs';

const expected = 0.951; // 1902 of the 2000 digits of this split

const { stdout } = await run(['npm', 'start', '--silent', '--', '--json'], { quiet: true, timeout: 240_000 });
const result = JSON.parse(stdout);
if (result.accuracy !== expected) {
  throw new Error(`accuracy is ${result.accuracy} instead of ${expected}:\n${stdout}`);
}
console.log(`accuracy ${result.accuracy}`);
