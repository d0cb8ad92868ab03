/** @file What a fake processor is; a test says what it wants to be different. */
import type { Call, Refusal } from '@poniard/core';
import { FakeMemory } from './memory.js';

/** The properties of the port `Processor` that are no behaviour, with the simplest values. */
export class FakeTraits {
  readonly id: string = 'fake:0';
  readonly kind: string = 'fake';
  readonly capacity: number = 1;
  readonly cores: number | undefined = undefined;
  readonly defaultEnabled: boolean = true;
  readonly implementations: readonly string[] = ['host'];
  readonly queues: boolean = false;
  readonly window: number = Number.POSITIVE_INFINITY;
  /** Functions need not travel: fakes run them on the calling thread. */
  readonly local: boolean = true;
  /** Give it an id of its own to have results move. */
  readonly space: FakeMemory = new FakeMemory('host');
  readonly freeMemory: () => number = () => Number.POSITIVE_INFINITY;
  readonly accepts: (call: Call) => boolean | Refusal = () => true;
  /** Whether a result stays in `space` until someone needs it elsewhere; `bytes` is then its size. */
  readonly keeps: (call: Call, value: unknown) => boolean = () => false;
  readonly bytes: number = 1000;

  constructor(traits: Partial<FakeTraits> = {}) {
    Object.assign(this, traits);
  }
}
