/** @file Effect: fibers on the calling thread, for nested work. */
import { Effect, Fiber } from 'effect';
import { microsecondsEach } from './pool.js';
import { check, count, packageVersion, type Rival, timed } from './rival.js';
import { fibonacci, fibonacciTasks } from './work.js';

const byFibers = (n: number): Effect.Effect<number> =>
  n < 2
    ? Effect.succeed(n)
    : Effect.gen(function* () {
        const a = yield* Effect.forkChild(byFibers(n - 1));
        const b = yield* Effect.forkChild(byFibers(n - 2));
        return (yield* Fiber.join(a)) + (yield* Fiber.join(b));
      });

export async function createRival(): Promise<Rival> {
  return {
    version: await packageVersion('effect', import.meta.resolve('effect')),
    settings: 'forkChild() and join(), on one thread',
    jobs: {
      async nested(params) {
        const n = count(params, 'n');
        let result = Number.NaN;
        const ms = await timed(async () => {
          result = await Effect.runPromise(byFibers(n));
        });
        check('Fibonacci', result, fibonacci(n));
        return microsecondsEach(ms, fibonacciTasks(n));
      },
    },
    async close() {},
  };
}
