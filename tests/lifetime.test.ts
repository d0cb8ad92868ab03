/** @file When programs end, seen from outside: each is a process of its own. */
import { describe, expect, it } from 'vitest';
import { run, tsx } from './programs.js';

const quiet = { code: 0, signal: null, errors: '' };

describe('the end of a program', () => {
  it.each([
    ['awaits.mjs', 'S10. it ends by itself when what it awaited is there', '16\n'],
    ['imports.mjs', 'S10. importing everything and spawning nothing keeps no process alive', 'imported\n'],
    ['idle.mjs', 'S10. idle threads keep no process alive', '3\n'],
    ['kept.mjs', 'S10. values on workers and handles on them keep no process alive', '200000\n'],
    [
      'unawaited.mjs',
      'S10. tasks that nobody awaits are done first, children too',
      'slow parent\nslow child\n',
    ],
    [
      'dies.mjs',
      'S10. an awaited task is not cut off, even when its worker dies',
      'second time\nWorkerLostError true\n',
    ],
    [
      'pending-promise.mjs',
      'S10. a promise that nobody waits for any more holds nothing',
      'CancelledError given up\n',
    ],
    ['default-runtime.mjs', 'S7. S10. a program in one file on the default runtime', '55\n40×20 true\n'],
    ['seen.mjs', 'S11. failures that were looked at are not reported', 'failed\n'],
    [
      'closure-chain.mjs',
      'C4. a task that has finished holds no task that it captured',
      '20\ncollected finished\n',
    ],
    [
      'collected.mjs',
      'S11. a failure is reported when its last handle goes',
      'PONIARD_UNSEEN_FAILURE true\n',
    ],
  ])('%s: %s', async (program, _title, output) => {
    const { errors, ...ended } = await run(program);
    expect({ ...ended, errors: program === 'collected.mjs' ? '' : errors }).toEqual({ ...quiet, output });
  });

  it('S10. an error of its own ends it with the usual code', async () => {
    const { code, errors } = await run('uncaught.mjs');
    expect(code).toBe(1);
    expect(errors).toMatch(/of the program/);
  });

  it.each(['threads', 'inline'])(
    'S11. a failure that nobody looked at is reported once, with its name, on %s',
    async (kind) => {
      const { errors, ...ended } = await run('unseen.mjs', [kind]);
      expect(ended).toEqual({ code: 0, signal: null, output: 'spawned\n' });
      expect(errors.match(/PONIARD_UNSEEN_FAILURE/g)).toHaveLength(1);
      expect(errors).toMatch(/task unlucky \(#1\) failed and nobody looked at it: RangeError: nobody looks/);
    },
  );

  it.each(['threads', 'inline'])("S11. so is that of a task's own task, on %s", async (kind) => {
    const { errors, ...ended } = await run('unseen-nested.mjs', [kind]);
    expect(ended).toEqual({ code: 0, signal: null, output: 'spawned\n' });
    expect(errors.match(/PONIARD_UNSEEN_FAILURE/g)).toHaveLength(1);
    expect(errors).toMatch(/task unlucky \(#\d+\) failed and nobody looked at it: RangeError: nobody looks/);
  });

  it("S10. F2. under tsx, with a user's module in TypeScript", async () => {
    const ended = await run('typescript/main.ts', [], ['--import', tsx()]);
    expect(ended).toEqual({ ...quiet, output: 'm3.048 0.9144\n' });
  });

  it.each([
    ['node --import tsx', ['--import', tsx()]],
    ['npx tsx', ['--require', tsx('preflight'), '--import', tsx()]],
  ])('S10. under %s, what a task spawns is the same runtime', async (_command, execArgv) => {
    const ended = await run('typescript/nested.ts', [], execArgv);
    expect(ended).toEqual({ ...quiet, output: '5 2\n' });
  });
});
