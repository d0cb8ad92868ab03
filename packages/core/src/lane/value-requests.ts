/** @file Results that a lane has kept and the host has asked for. */
import { PoniardError } from '../errors.js';
import type { HostValue } from '../processor.js';
import { decodeError } from '../values/errors.js';
import type { CodecBook } from './codec-book.js';
import type { CodecReference } from './protocol.js';

interface Request {
  readonly resolve: (value: HostValue) => void;
  readonly reject: (error: unknown) => void;
}

export class ValueRequests {
  private waiting = new Map<number, Request>();
  private next = 1;

  constructor(private readonly codecs: CodecBook) {}

  /** `ask` sends the request with its number. */
  make(ask: (request: number) => void): Promise<HostValue> {
    return new Promise((resolve, reject) => {
      const request = this.next++;
      this.waiting.set(request, { resolve, reject });
      ask(request);
    });
  }

  /** The lane has answered: with a value, or (not `ok`) an error. */
  answered(
    request: number,
    ok: boolean,
    value: unknown,
    references: readonly CodecReference[] | undefined,
    buffers: readonly SharedArrayBuffer[] | undefined,
  ): void {
    const asked = this.waiting.get(request);
    if (asked === undefined) return;
    this.waiting.delete(request);
    if (!ok) asked.reject(decodeError(value));
    else this.codecs.resolve(references, (codecs) => asked.resolve({ value, codecs, buffers }), asked.reject);
  }

  /** The lane `id` has died. */
  lost(id: string): void {
    const { waiting } = this;
    this.waiting = new Map();
    for (const { reject } of waiting.values()) reject(new PoniardError(`${id} died with the value`));
  }
}
