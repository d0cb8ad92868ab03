/** @file What runs in a child process: makes functions of what it is sent, and answers with what they return. */
import { type AnyFunction, decodeFunction, encodeError } from '@poniard/core';
import type { Answer, Order } from './child-processes.js';

/** Functions that came before, by their key: the same function has the same one. */
const functions = new Map<number, Promise<AnyFunction>>();

process.on('message', async ({ id, key, fn, args }: Order) => {
  const answer = (answer: Answer) => process.send?.(answer);
  const began = performance.now();
  const micros = () => (performance.now() - began) * 1000;
  try {
    let decoded = functions.get(key);
    if (decoded === undefined) {
      decoded = decodeFunction(fn, (module) => import(module));
      functions.set(key, decoded);
    }
    const run = await decoded;
    answer({ id, ok: true, value: await Reflect.apply(run, undefined, args), micros: micros() });
  } catch (error) {
    answer({ id, ok: false, value: encodeError(error), micros: micros() });
  }
});
