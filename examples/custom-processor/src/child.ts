/** @file What runs in a child process: makes the function of what it is sent, and answers with what it returns. */
import { decodeFunction, encodeError } from '@poniard/core';
import type { Answer, Order } from './child-processes.js';

process.once('message', async ({ fn, args }: Order) => {
  const began = performance.now();
  const answer = (ok: boolean, value: unknown): void => {
    const message: Answer = { ok, value, micros: (performance.now() - began) * 1000 };
    process.send?.(message, () => process.disconnect());
  };
  try {
    const run = await decodeFunction(fn, (module) => import(module));
    answer(true, await Reflect.apply(run, undefined, args));
  } catch (error) {
    answer(false, encodeError(error));
  }
});
