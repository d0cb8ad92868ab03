/** @file The chain of tasks, and what moves while it runs. */
import { add, matmul, type NDArray, processorTypeScope, type Runtime, type Task } from 'poniard';

export type Matrix = NDArray<'float32'>;

/** What went from one memory to another. */
export interface Move {
  /** Such as `host → gpu:0`. */
  readonly way: string;
  /** The task that it went for. */
  readonly task: string;
  readonly bytes: number;
}

export interface Run {
  readonly result: Matrix;
  /** (x·y)·z + w, the last of the three tasks. */
  readonly last: Task<Matrix>;
  readonly seconds: number;
  readonly moves: readonly Move[];
}

/** (x·y)·z + w on processors of one kind. All three tasks are spawned at once. */
export async function chain(
  runtime: Runtime,
  kind: string,
  x: Matrix,
  y: Matrix,
  z: Matrix,
  w: Matrix,
): Promise<Run> {
  const { spawn } = runtime;
  const moves: Move[] = [];
  const stop = runtime.subscribe(({ type, name = '', from, to, bytes = 0 }) => {
    if (type === 'chunk:moved') moves.push({ way: `${from} → ${to}`, task: name, bytes });
  });
  const began = performance.now();
  const last = runtime.withOptions({ scope: processorTypeScope(kind) }, () =>
    spawn(add, spawn(matmul, spawn(matmul, x, y), z), w),
  );
  const result = await last;
  const seconds = (performance.now() - began) / 1000;
  stop();
  return { result, last, seconds, moves };
}
