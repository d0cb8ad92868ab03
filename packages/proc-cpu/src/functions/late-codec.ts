/** @file Node's codec, loaded when a function first has to travel: until then a start does not pay for it. */
import type { AnyFunction, EncodedFunction, FunctionCodec } from '@poniard/core';
import { encodePlainly } from '@poniard/core/lane';
import type { NodeFunctionCodecOptions } from './node-codec.js';

export class LateFunctionCodec implements FunctionCodec {
  private codec: FunctionCodec | Promise<FunctionCodec> | undefined = undefined;

  constructor(private readonly options: NodeFunctionCodecOptions = {}) {}

  encode(fn: AnyFunction): EncodedFunction | Promise<EncodedFunction> {
    const plain = encodePlainly(fn);
    if (plain !== undefined) return plain;
    this.codec ??= this.load();
    if (this.codec instanceof Promise) return this.codec.then((codec) => codec.encode(fn));
    return this.codec.encode(fn);
  }

  private async load(): Promise<FunctionCodec> {
    // The parser comes along: every function needs it, and the two load side by side.
    const [{ NodeFunctionCodec }] = await Promise.all([import('./node-codec.js'), import('acorn')]);
    this.codec = new NodeFunctionCodec(this.options);
    return this.codec;
  }
}
