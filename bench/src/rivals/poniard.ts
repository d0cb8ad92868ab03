/** @file Poniard, used as its documentation shows. */
import {
  array,
  blasInfo,
  cpuThreads,
  createRuntime,
  exactScope,
  type MatmulOptions,
  matmul,
  type NDArray,
  type Runtime,
  type Task,
} from 'poniard';
import { checkProduct, dtypeOf, fillMatrix, gigaflops, square } from './matrices.js';
import { threadsAtWork } from './poniard-runtime.js';
import { iterationsFor, microsecondsEach, total } from './pool.js';
import { check, count, type Job, type Params, packageVersion, type Rival, text, timed } from './rival.js';
import { add, compute, fill } from './work.js';

/** Options: `threads`. */
export async function createRival(options: Params): Promise<Rival> {
  const threads = count(options, 'threads');
  const runtime = await threadsAtWork(threads);
  return {
    version: await packageVersion('poniard', import.meta.resolve('poniard')),
    settings: `spawn(), ${threads} threads`,
    jobs: {
      ...overheadJobs(runtime),
      ...scaleJobs(runtime, threads),
      compute: (params) => efficiency(runtime, threads, params),
      iterations: (params) =>
        iterationsFor((iterations) => runtime.spawn(compute, iterations), threads, count(params, 'ms')),
      data(params) {
        const length = count(params, 'length');
        const values = array(fill(new Float64Array(length)), [length]);
        return threeHops(runtime, values, count(params, 'repeats'));
      },
      bareData(params) {
        const values = fill(new Float64Array(new SharedArrayBuffer(8 * count(params, 'length'))));
        return threeHops(runtime, values, count(params, 'repeats'));
      },
      matmul: multiplier(runtime, false),
      matmulInto: multiplier(runtime, true),
    },
    close: () => runtime.close(),
  };
}

function overheadJobs(runtime: Runtime): Record<'independent' | 'tree' | 'chain' | 'oneByOne', Job> {
  return {
    async independent(params) {
      const tasks = count(params, 'tasks');
      return microsecondsEach(await timed(() => batch(runtime, tasks)), tasks);
    },

    async tree(params) {
      const leaves = count(params, 'leaves');
      let result = Number.NaN;
      const ms = await timed(async () => {
        result = await reduceTree(runtime, leaves);
      });
      check('the sum of the leaves', result, (leaves * (leaves - 1)) / 2);
      return microsecondsEach(ms, leaves - 1);
    },

    async chain(params) {
      const tasks = count(params, 'tasks');
      let result = Number.NaN;
      const ms = await timed(async () => {
        let task = runtime.spawn(add, 0, 1);
        for (let i = 1; i < tasks; i++) task = runtime.spawn(add, task, 1);
        result = await task;
      });
      check('the last value', result, tasks);
      return microsecondsEach(ms, tasks);
    },

    async oneByOne(params) {
      const tasks = count(params, 'tasks');
      let value = 0;
      const ms = await timed(async () => {
        for (let i = 0; i < tasks; i++) value = await runtime.spawn(add, value, 1);
      });
      check('the last value', value, tasks);
      return microsecondsEach(ms, tasks);
    },
  };
}

/** Adds 0, 1, … `leaves` − 1 in pairs; an odd one goes up as it is. */
function reduceTree(runtime: Runtime, leaves: number): PromiseLike<number> {
  let level: Task<number>[] = [];
  for (let i = 0; i + 1 < leaves; i += 2) level.push(runtime.spawn(add, i, i + 1));
  if (leaves % 2 === 1) level.push(runtime.spawn(add, leaves - 1, 0));
  while (level.length > 1) {
    const next: Task<number>[] = [];
    for (let i = 0; i + 1 < level.length; i += 2) {
      next.push(runtime.spawn(add, level[i] as Task<number>, level[i + 1] as Task<number>));
    }
    if (level.length % 2 === 1) next.push(level[level.length - 1] as Task<number>);
    level = next;
  }
  return level[0] as Task<number>;
}

function scaleJobs(
  runtime: Runtime,
  threads: number,
): Record<'graph' | 'afterMany' | 'atFirst' | 'waitingBytes', Job> {
  return {
    /** One graph of `tasks` tasks, `repeats` times over: µs per task. */
    async graph(params) {
      const leaves = count(params, 'tasks') + 1;
      const repeats = count(params, 'repeats');
      const ms = await timed(async () => {
        for (let i = 0; i < repeats; i++) {
          check('the sum of the leaves', await reduceTree(runtime, leaves), (leaves * (leaves - 1)) / 2);
        }
      });
      return microsecondsEach(ms, repeats * (leaves - 1));
    },

    /** A batch of `tasks` after `before` further tasks of this runtime have come and gone: µs per task. */
    async afterMany(params) {
      const tasks = count(params, 'tasks');
      for (let done = 0; done < count(params, 'before'); done += tasks) await batch(runtime, tasks);
      globalThis.gc?.();
      return microsecondsEach(await timed(() => batch(runtime, tasks)), tasks);
    },

    /** The same batch on a new runtime. One batch before it compiles the code of the new threads. */
    async atFirst(params) {
      const tasks = count(params, 'tasks');
      const young = createRuntime({ plugins: [cpuThreads({ threads })] });
      await young.ready();
      await batch(young, tasks);
      globalThis.gc?.();
      const ms = await timed(() => batch(young, tasks));
      await young.close();
      return microsecondsEach(ms, tasks);
    },

    /**
     * Bytes (on the heap and beside it) that one waiting task and its handle keep on the calling thread. On a new
     * runtime, whose tables have not grown before.
     */
    async waitingBytes(params) {
      const tasks = count(params, 'tasks');
      const young = createRuntime({ plugins: [cpuThreads({ threads })] });
      await young.ready();
      await batch(young, 1000);
      let open: (value: number) => void = () => {};
      const opened = new Promise<number>((resolve) => {
        open = resolve;
      });
      const gate = young.spawn(add, opened, 0);
      const held = new Array<Task<number> | undefined>(tasks).fill(undefined);
      const before = usedBytes();
      for (let i = 0; i < tasks; i++) held[i] = young.spawn(add, gate, i);
      // A turn of the event loop, so that what is done once per turn has been done.
      await new Promise((resolve) => setImmediate(resolve));
      const bytes = (usedBytes() - before) / tasks;
      open(1);
      const results = await young.fetchAll(held as Task<number>[]);
      check('the sum', total(results), (tasks * (tasks + 1)) / 2);
      await young.close();
      return bytes;
    },
  };
}

/** Independent no-ops, fetched; no handle is kept. */
async function batch(runtime: Runtime, tasks: number): Promise<void> {
  const spawned = new Array<Task<number>>(tasks);
  for (let i = 0; i < tasks; i++) spawned[i] = runtime.spawn(add, i, 1);
  const results = await runtime.fetchAll(spawned);
  check('the sum', total(results), (tasks * (tasks + 1)) / 2);
}

/** What is alive, on the heap and in buffers beside it. */
function usedBytes(): number {
  const collect = globalThis.gc;
  if (collect === undefined) throw new Error('run with --expose-gc');
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** How much of what the threads could do was done: the tasks' own time ÷ threads ÷ wall time. */
async function efficiency(runtime: Runtime, threads: number, params: Params): Promise<number> {
  const tasks = count(params, 'tasks');
  const iterations = count(params, 'iterations');
  let times: number[] = [];
  const wall = await timed(async () => {
    times = await runtime.fetchAll(Array.from({ length: tasks }, () => runtime.spawn(compute, iterations)));
  });
  return total(times) / threads / wall;
}

type Moved = NDArray | Float64Array;
const elements = (values: Moved): ArrayLike<number> => ('data' in values ? values.data : values);

/** `touch` of work.ts, written out so that it is self-contained. */
function pass(values: Moved): Moved {
  const data = 'data' in values ? values.data : values;
  const step = Math.max(1, Math.floor(data.length / 64));
  let sum = 0;
  for (let i = 1; i < data.length; i += step) sum += data[i] as number;
  if (Number.isNaN(sum)) throw new Error('the array did not arrive');
  data[0] = (data[0] as number) + 1;
  return values;
}

/** Milliseconds for an array's way through three tasks on the first, second and first thread, and home. */
async function threeHops(runtime: Runtime, given: Moved, repeats: number): Promise<number> {
  const [first, second] = ['cpu:0', 'cpu:1'].map((id) => {
    const processor = runtime.processors().find((each) => each.id === id);
    if (processor === undefined) throw new Error(`no processor '${id}'`);
    return { scope: exactScope(processor) };
  });
  if (first === undefined || second === undefined) throw new Error('two threads are needed');
  let values = given;
  const ms = await timed(async () => {
    for (let i = 0; i < repeats; i++) {
      const made = runtime.spawn.with(first, pass, values);
      const passed = runtime.spawn.with(second, pass, made);
      values = await runtime.spawn.with(first, pass, passed);
    }
  });
  check('tasks that touched the array', elements(values)[0], 3 * repeats);
  return ms / repeats;
}

/**
 * `spawn(matmul, x, y)`, with `into` each product to the same memory: GFLOP/s. Throws where another provider multiplies than
 * the one that was asked for.
 */
function multiplier(runtime: Runtime, into: boolean): Job {
  const operands = new Map<string, { x: NDArray; y: NDArray; options: MatmulOptions }>();
  return async (params) => {
    const n = count(params, 'n');
    const repeats = count(params, 'repeats');
    const dtype = dtypeOf(text(params, 'dtype'));
    const key = `${dtype} ${n}`;
    let pair = operands.get(key);
    if (pair === undefined) {
      const wanted = process.env['PONIARD_BLAS'];
      const { provider } = await blasInfo();
      if (wanted !== undefined && provider !== wanted)
        throw new Error(`${provider} multiplies, not ${wanted}`);
      const a = fillMatrix(square(dtype, n), 1);
      const b = fillMatrix(square(dtype, n), 2);
      pair = {
        x: array(a, [n, n]),
        y: array(b, [n, n]),
        options: into ? { out: array(square(dtype, n), [n, n]) } : {},
      };
      operands.set(key, pair);
      const product = await runtime.spawn(matmul, pair.x, pair.y, pair.options);
      checkProduct(product.data as Float64Array, a, b, n);
    }
    const { x, y, options } = pair;
    const ms = await timed(async () => {
      for (let i = 0; i < repeats; i++) await runtime.spawn(matmul, x, y, options);
    });
    return gigaflops(n, ms / repeats);
  };
}
