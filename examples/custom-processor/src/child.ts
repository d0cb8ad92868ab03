/** @file What runs in a child process: takes calls one after the other, and answers. */
import { type AnyFunction, decodeFunction, encodeError } from 'poniard';
import type { Answer, Order } from './child-processes.js';

/** Functions that came before, by their number. */
const functions = new Map<number, Promise<AnyFunction>>();

process.on('message', async ({ id, key, fn, args }: Order) => {
  const answer = (answer: Answer) => process.send?.(answer);
  const began = performance.now();
  const micros = () => (performance.now() - began) * 1000;
  try {
    if (!functions.has(key))
      functions.set(
        key,
        decodeFunction(fn, (module) => import(module)),
      );
    const run = (await functions.get(key)) as AnyFunction;
    answer({ id, ok: true, value: await Reflect.apply(run, undefined, args), micros: micros() });
  } catch (error) {
    answer({ id, ok: false, value: encodeError(error), micros: micros() });
  }
});
