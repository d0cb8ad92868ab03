/** @file Whole programs (S10, S11): they end by themselves, not too early, and say what nobody looked at. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a program of `fixtures/programs` until it ends by itself. */
function run(name: string, nodeArgs: readonly string[] = []): Promise<Ended> {
  const file = fileURLToPath(new URL(`./fixtures/programs/${name}`, import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, [...nodeArgs, file], { timeout: 60_000 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err });
    });
  });
}

it('S10. a program ends when its last task is settled, without a shutdown', async () => {
  expect(await run('ends.mjs')).toEqual({ code: 0, out: '16\n', err: '' });
});

it('S10. importing it and spawning nothing keeps no process alive', async () => {
  expect(await run('imports.mjs')).toEqual({ code: 0, out: 'imported\n', err: '' });
});

it('S10. an unawaited task is done before the process ends', async () => {
  const { code, out } = await run('unawaited.mjs');
  expect([code, out]).toEqual([0, 'done in a worker\n']);
});

it('S10. an awaited task is not cut off when its worker dies', async () => {
  const { code, out } = await run('dies.mjs');
  expect([code, out]).toEqual([0, 'WorkerLostError\nstill here: 4\n']);
});

it('S11. a failure that nobody looked at is reported once, by name, and the process ends well', async () => {
  const { code, err } = await run('unseen.mjs');
  expect(code).toBe(0);
  expect(err.match(/PONIARD_UNSEEN_FAILURE/g)).toHaveLength(1);
  expect(err).toMatch(/task explodes \(#\d+\) failed and nobody looked at it: RangeError: unseen/);
});

it('F2. under tsx a TypeScript module runs on workers', async () => {
  const tsx = import.meta.resolve('tsx');
  const { code, out, err } = await run('typed.ts', ['--import', tsx]);
  expect([code, out, err]).toEqual([0, '42\n', '']);
});
