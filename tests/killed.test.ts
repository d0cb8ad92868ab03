/** @file Threads that die again and again, in the middle of whatever they do: every result is right all the same. `PONIARD_SEEDS=1,2,3` tries others. */
import type { Worker } from 'node:worker_threads';
import { type Runtime, type Task, type TaskFailedError, WorkerLostError } from '@poniard/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Kind, result, run, type Spec, type Value } from './fixtures/killed.mjs';
import { counters, testRuntime } from './runtimes.js';

const TASKS = 2000;
/** Besides: tasks that may start only once, and on which nothing depends. */
const ONCE = 100;
const KILLS = 100;
/** A thread is ended after so many tasks. */
const EVERY = 8;
const THREADS = 3;
const KINDS: readonly Kind[] = ['plain', 'plain', 'plain', 'plain', 'large', 'large', 'nested', 'slow'];
const seeds = process.env['PONIARD_SEEDS']?.split(',').map(Number) ?? [1];

interface Node {
  readonly spec: Spec;
  readonly inputs: readonly number[];
  /** Starts at most once, and is lost with its thread. */
  readonly once: boolean;
}

/** Mulberry32: a number from 0 to 1, the same ones for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

function graph(next: () => number): Node[] {
  return Array.from({ length: TASKS + ONCE }, (_, i) => ({
    spec: {
      kind: KINDS[Math.floor(next() * KINDS.length)] as Kind,
      value: Math.floor(next() * 1e6),
      start: THREADS + i,
      micros: Math.floor(next() * 1500),
    },
    // Mostly on tasks of just before, so that chains form, and some on early ones, whose results have been lost often.
    inputs: Array.from({ length: Math.min(i, Math.floor(next() * 4)) }, () =>
      Math.floor(next() < 0.8 && i < TASKS ? Math.max(0, i - 1 - next() * 30) : next() * Math.min(i, TASKS)),
    ),
    once: i >= TASKS,
  }));
}

/** Every so many tasks that finish, a thread that has run some is ended. Gives how many were. */
function killThreads(runtime: Runtime, words: Int32Array, next: () => number): () => number {
  const workers = new Map<number, Worker>();
  const onWorker = (worker: Worker): void => {
    worker.once('online', () => workers.set(worker.threadId, worker));
  };
  process.on('worker', onWorker);
  onTestFinished(() => void process.off('worker', onWorker));
  let kills = 0;
  let finished = 0;
  runtime.subscribe((event) => {
    if (event.type !== 'task:finish' || ++finished % EVERY !== 0 || kills === KILLS) return;
    const at = words[Math.floor(next() * THREADS)] as number;
    const worker = workers.get(at);
    if (worker === undefined) return;
    workers.delete(at);
    kills++;
    void worker.terminate();
  });
  return () => kills;
}

describe('threads that are killed', () => {
  it.each(seeds)(
    'E3. a hundred times in a graph of 2,000 tasks change no result (seed %i)',
    async (seed) => {
      const next = random(seed);
      const nodes = graph(next);
      const words = counters(THREADS + TASKS + ONCE);
      const runtime = testRuntime('threads', {}, { threads: THREADS });
      const kills = killThreads(runtime, words, next);
      const tasks: Task<Value>[] = [];
      for (const { spec, inputs, once } of nodes) {
        const args = inputs.map((i) => tasks[i] as Task<Value>);
        tasks.push(
          runtime.spawn.with({ name: spec.kind, retries: once ? 0 : 1e6 }, run, words, spec, ...args),
        );
      }
      const outcomes = await Promise.allSettled(tasks);
      expect(kills()).toBe(KILLS);
      const expected: Value[] = [];
      for (const [i, { spec, inputs, once }] of nodes.entries()) {
        expected.push(
          result(
            spec.kind,
            spec.value,
            inputs.map((input) => expected[input] as Value),
          ),
        );
        const outcome = outcomes[i] as PromiseSettledResult<Value>;
        if (outcome.status === 'fulfilled') expect(outcome.value).toEqual(expected[i]);
        else
          expect([once, (outcome.reason as TaskFailedError).cause]).toEqual([
            true,
            expect.any(WorkerLostError),
          ]);
        if (once) expect(words[spec.start]).toBeLessThanOrEqual(1);
      }
      const { waiting, ready, running } = runtime.stats().tasks;
      expect([waiting, ready, running]).toEqual([0, 0, 0]);
    },
    180_000,
  );
});
