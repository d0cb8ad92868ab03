/** E2: failures as people read them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { spawn as spawnHere, type Task, type TaskFailedError } from '@poniard/core';
import { array } from '@poniard/linalg';
import { describe, expect, it } from 'vitest';
import { deep, join, later, load, several, throwing, withCause } from './fixtures/failing.mjs';
import { run } from './programs.js';
import { type Kind, rejection, suiteRuntime } from './runtimes.js';

const here = fileURLToPath(import.meta.url);
const root = fileURLToPath(new URL('..', import.meta.url));

/** What a failure prints: without this machine's paths, and the numbers of lines, which tests of their own look at. */
async function printed(task: PromiseLike<unknown>): Promise<string> {
  return clean(inspect(await rejection(task)));
}
const clean = (text: string): string =>
  text
    .replaceAll(`file://${root}`, '')
    .replaceAll(root, '')
    .replace(/:\d+:\d+/g, ':LINE')
    .replace(/#\d+/g, '#N');

describe.each<Kind>(['threads', 'inline'])('printed failures on %s', (kind) => {
  const runtime = suiteRuntime(kind);
  const { spawn } = runtime;

  it('E2. the task that threw: what, how it was called, and the user’s own lines', async () => {
    expect(await printed(spawn(load, 'a.csv'))).toBe(
      `TaskFailedError: task load (#N) failed: RangeError: no file a.csv
  called as load("a.csv")
    at load (tests/fixtures/failing.mjs:LINE)`,
    );
  });

  it('E2. a task downstream: the way from the one that threw', async () => {
    const first = spawn(load, 'a.csv');
    const second = spawn(join, first, 'b');
    expect(await printed(spawn(join, second))).toBe(
      `TaskFailedError: task join (#N) failed because load (#N) did: RangeError: no file a.csv
  load (#N) → join (#N) → join (#N)
  called as load("a.csv")
    at load (tests/fixtures/failing.mjs:LINE)`,
    );
  });

  it('E2. a diamond tells one way', async () => {
    const top = spawn(load, 'a.csv');
    const [left, right] = [spawn.with({ name: 'left' }, join, top), spawn.with({ name: 'right' }, join, top)];
    expect(await printed(spawn.with({ name: 'bottom' }, join, left, right))).toMatch(
      /^TaskFailedError: task bottom .*\n {2}load \(#N\) → (left|right) \(#N\) → bottom \(#N\)\n {2}called as/,
    );
  });

  it('E2. the middle of a long chain is counted', async () => {
    let task: Task<string> = spawn(load, 'a.csv');
    for (let i = 0; i < 10; i++) task = spawn(join, task);
    expect(await printed(task)).toContain(
      '\n  load (#N) → join (#N) → join (#N) → … 6 more … → join (#N) → join (#N)\n',
    );
  });

  it('E2. up to five inputs are told, of more the first four', async () => {
    const failing = (..._inputs: unknown[]): never => {
      throw new Error('no');
    };
    const one = spawn(join, 1);
    const text = await printed(spawn(failing, one, 'x'.repeat(60), [1, 2], { a: 1 }, 5));
    expect(text).toContain(`called as failing(join (#N), "${'x'.repeat(39)}…, Array(2), {…}, 5)`);
    const shared = new Float64Array(new SharedArrayBuffer(16));
    expect(await printed(spawn(failing, new Map(), shared, null, undefined, 5n, true))).toMatch(
      /called as failing\(.*, null, undefined, … 2 more\)/,
    );
    expect(await printed(spawn(failing))).not.toContain('called as');
    const arrays = { x: array([1]) };
    expect(await printed(spawn(failing, arrays.x, arrays))).toContain('called as failing(NDArray, {…})');
  });

  it('E2. S4. an argument that cannot travel: which, of the task that it was for', async () => {
    const measure = (..._inputs: unknown[]): number => 1;
    const lengths = { units: [[{ unit: Symbol('metre') }]] };
    const refused = spawn.with({ name: 'measure' }, measure, 1, lengths);
    const text = inspect(await rejection(refused)).replaceAll(root, '');
    expect(text).toContain(
      `TaskFailedError: task measure (#${refused.id}) failed: ValueTransferError: argument 2 of measure has ` +
        'a symbol, Symbol(metre) at .units[0][0].unit; symbols are private to their thread. Pass a string.\n    at ',
    );
    expect(text).toContain('tests/printed-errors.test.ts:');
    expect(text).not.toContain('called as');
    const thrown: unknown[] = [];
    try {
      spawn(measure, [[[[[[[[[[[[spawn(measure)]]]]]]]]]]]] as never);
    } catch (error) {
      thrown.push(error);
    }
    expect(inspect(thrown[0])).toContain('tests/printed-errors.test.ts:');
    const promised = spawn.with(
      { name: 'measure' },
      measure,
      Promise.reject(new RangeError('nothing there')),
    );
    expect(await printed(promised)).toMatch(
      /^TaskFailedError: task measure \(#N\) failed because the promise that is argument 1 of measure \(#N\) did: RangeError: nothing there\n/,
    );
  });

  it('E2. what the cause holds besides its text follows', async () => {
    expect(await printed(spawn(withCause))).toBe(
      `TaskFailedError: task withCause (#N) failed: Error: cannot begin
    at withCause (tests/fixtures/failing.mjs:LINE) {
  code: 'E_BEGIN',
  [cause]: RangeError: no file inner
      at load (tests/fixtures/failing.mjs:LINE)
      at withCause (tests/fixtures/failing.mjs:LINE)
}`,
    );
  });

  it('E2. so do the errors of an AggregateError', async () => {
    const text = await printed(spawn(several));
    expect(text).toMatch(
      /^TaskFailedError: task several \(#N\) failed: AggregateError: all failed\n {4}at several \(.*failing\.mjs:LINE\) \{\n {2}\[errors\]: \[\n {4}TypeError: first\n {8}at several \(.*failing.mjs:LINE\),\n {4}Error: second\n/,
    );
    expect(text).not.toMatch(/node:|packages/);
  });

  it.each<[unknown, string]>([
    ['text', '[TaskFailedError: task throwing (#N) failed: threw "text"\n  called as throwing("text")]'],
    [
      undefined,
      '[TaskFailedError: task throwing (#N) failed: threw undefined\n  called as throwing(undefined)]',
    ],
    [
      { status: 404 },
      '[TaskFailedError: task throwing (#N) failed: threw an object\n  called as throwing({…})] {\n  [cause]: { status: 404 }\n}',
    ],
    [
      { message: 'odd' },
      '[TaskFailedError: task throwing (#N) failed: threw an object with the message "odd"\n  called as throwing({…})] {\n  [cause]: { message: \'odd\' }\n}',
    ],
  ])('E2. what is no error is told: %o', async (value, expected) => {
    expect(await printed(spawn(throwing, value))).toBe(expected);
  });

  it('E2. lines of the platform between the user’s are left out', async () => {
    expect(await printed(spawn(deep))).toMatch(
      /^TaskFailedError: task deep \(#N\) failed: SyntaxError: [^\n]*\n {4}at JSON\.parse \(<anonymous>\)\n {4}at deep \(.*failing\.mjs:LINE\)$/,
    );
    expect(await printed(spawn(later))).toBe(
      `TaskFailedError: task later (#N) failed: Error: later
    at later (tests/fixtures/failing.mjs:LINE)`,
    );
  });

  it('E2. a task inside a task', async () => {
    const parent = async (name: string): Promise<string> => {
      const child = spawnHere(load, name);
      return await child;
    };
    expect(await printed(spawn(parent, 'x'))).toMatch(
      /^TaskFailedError: task parent \(#N\) failed: TaskFailedError: task load \(#N\) failed: RangeError: no file x\n {2}called as parent\("x"\)\n {4}at load \(tests\/fixtures\/failing\.mjs:LINE\)/,
    );
  });

  it('E2. what it says is there to be read, and is not printed twice', async () => {
    const error = (await rejection(spawn(join, spawn(load, 'x')))) as TaskFailedError;
    expect(error.chain.map(({ name }) => name)).toEqual(['load', 'join']);
    expect(error.rootTask.name).toBe('load');
    expect(error.task.name).toBe('join');
    expect(Object.keys(error)).toEqual([]);
    expect(String(error)).toMatch(/^TaskFailedError: task join/);
  });
});

/** The place of a text in this file, as stacks write it. */
function placeOf(text: string): string {
  const before = readFileSync(here, 'utf8').split(text)[0]?.split('\n') ?? [];
  return `${here}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}

describe('printed failures of functions that travelled', () => {
  const runtime = suiteRuntime('threads', { debug: true });
  const { spawn } = runtime;
  const stackOf = async (task: PromiseLike<unknown>): Promise<string> =>
    String(((await rejection(task)) as Error).stack);

  it('E2. the line is the one where the function was written', async () => {
    const task = spawn((x: number) => {
      if (x > 0) throw new Error('on a line of its own'); // first
      return x;
    }, 1);
    expect(await stackOf(task)).toContain(
      `    at anonymous (${placeOf("new Error('on a line of its own'); // first")})`,
    );
    const inLine = spawn(() => Promise.reject(new Error('in the same line'))); // second
    expect(await stackOf(inLine)).toContain(placeOf("new Error('in the same line'))); // second"));
  });

  it('E2. so it is for a closure, and for a function that it captured', async () => {
    const limit = 3;
    const check = (x: number): number => {
      if (x > limit) throw new RangeError('too large'); // third
      return x;
    };
    const stack = await stackOf(spawn((x: number) => check(x) + 1, 4)); // fourth
    expect(stack).toContain(`    at check (${placeOf("new RangeError('too large'); // third")})`);
    expect(stack).toContain(placeOf('check(x) + 1, 4)); // fourth'));
    const error = (await rejection(spawn((x: number) => check(x), 5))) as TaskFailedError;
    void error.stack;
    expect((error.cause as Error).stack).toContain(placeOf("new RangeError('too large'); // third"));
  });

  it('E2. and for one that a task spawns inside', async () => {
    const parent = async (): Promise<unknown> => {
      const limit = 1;
      return spawnHere((x: number) => {
        if (x > limit) throw new RangeError('deep inside'); // sixth
      }, 2);
    };
    expect(await stackOf(spawn(parent))).toContain(placeOf("new RangeError('deep inside'); // sixth"));
  });

  it('E2. debug tells where it was spawned', async () => {
    const start = async (): Promise<unknown> => {
      await undefined;
      return spawn(load, 'x').fetch(); // fifth
    };
    const stack = await stackOf(start());
    const [thrown, spawned] = stack.split('\n  spawned\n');
    expect(thrown).toMatch(/\n {2}called as load\("x"\)\n {4}at load \(.*\)$/);
    expect(spawned).toContain(`    at start (${placeOf("spawn(load, 'x').fetch(); // fifth")})`);
    expect(stack).not.toMatch(/node:internal|packages\/core/);
  });
});

describe('printed failures of programs', () => {
  it('E2. what nobody caught shows the user’s line', async () => {
    const { errors, code } = await run('fails.mjs');
    expect(code).toBe(1);
    const program = fileURLToPath(new URL('./fixtures/programs/fails.mjs', import.meta.url));
    expect(errors).toContain(
      `TaskFailedError: task check (#1) failed: RangeError: 4 is too large
  called as check(4)
    at check (${program}:5:24) {
  [cause]: RangeError: 4 is too large
      at check (${program}:5:24)
}`,
    );
    expect(errors).not.toMatch(/packages\/core/);
  });
});
