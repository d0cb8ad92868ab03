/** @file Node's codec in a worker, loaded when a task there can spawn: until then a start does not pay for it. */
import { createRequire } from 'node:module';
import type { AnyFunction, Capture, EncodedFunction, FunctionCodec } from '@poniard/core';
import { canSpawn, encodePlainly } from '@poniard/core/lane';
import type { NodeFunctionCodec } from './node-codec.js';

export class LateFunctionCodec implements FunctionCodec {
  private codec: NodeFunctionCodec | undefined = undefined;

  encode(fn: AnyFunction): EncodedFunction | Promise<EncodedFunction> {
    return encodePlainly(fn) ?? this.codec?.encode(fn) ?? this.load().then((codec) => codec.encode(fn));
  }

  capture(fn: AnyFunction, called = false): Capture | undefined {
    return encodePlainly(fn) === undefined ? this.now().capture(fn, called) : undefined;
  }

  locate(fn: AnyFunction, offset: number): string | undefined {
    return this.codec?.locate(fn, offset);
  }

  /** What imports modules here, and sees to it that the codec is there when one has brought `spawn` along. */
  importing<I extends (specifier: string) => Promise<object>>(importModule: I): I {
    const withCodec = async (specifier: string): Promise<object> => {
      const module = await importModule(specifier);
      if (canSpawn()) await this.load();
      return module;
    };
    return withCodec as I;
  }

  private async load(): Promise<NodeFunctionCodec> {
    const { NodeFunctionCodec } = await import('../node-codec.js');
    this.codec ??= new NodeFunctionCodec();
    return this.codec;
  }

  /** A task that imported `spawn` itself has not waited for the codec, and its variables cannot wait. */
  private now(): NodeFunctionCodec {
    if (this.codec === undefined) {
      const { NodeFunctionCodec } = createRequire(import.meta.url)(
        '#node-codec',
      ) as typeof import('./node-codec.js');
      this.codec = new NodeFunctionCodec();
    }
    return this.codec;
  }
}
