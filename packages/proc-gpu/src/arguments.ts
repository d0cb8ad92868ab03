/** @file A call's arguments on the way to a device: what is an array, what its type is, what is refused. */
import type { Call, CallArgument, Refusal } from '@poniard/core';
import { asSingle, type HomeArrays, type HostArray, hostArray } from './host-arrays.js';
import type { GpuArgument, GpuImplementationOptions, GpuTraits } from './port.js';

/** An argument in the host's memory. */
export interface Decoded {
  readonly value: unknown;
  /** Set where it is an array. */
  readonly array: HostArray | undefined;
}

type HostArgument = Extract<CallArgument, { kind: 'value' }>;

/** Decodes arguments, each once: placement asks for their types before a call runs. */
export class Arguments {
  private readonly decoded = new WeakMap<object, Decoded>();

  constructor(private readonly home: HomeArrays) {}

  decode(call: Call, index: number, argument: HostArgument): Decoded {
    const { value, codecs } = argument;
    if (typeof value !== 'object' || value === null) return { value, array: undefined };
    const known = this.decoded.get(value);
    if (known !== undefined) return known;
    if (codecs !== undefined) this.home.meet(codecs);
    const restored = call.values();
    for (let i = 0; i < call.arity; i++) {
      const other = i === index ? argument : call.argument(i);
      if (other.kind !== 'value' || typeof other.value !== 'object' || other.value === null) continue;
      if (this.decoded.has(other.value)) continue;
      this.decoded.set(other.value, { value: restored[i], array: hostArray(restored[i]) });
    }
    return this.decoded.get(value) as Decoded;
  }

  /** Whether a call's arrays of types that WebGPU lacks become float32. */
  single(call: Call, { single = false }: GpuImplementationOptions): boolean {
    if (typeof single === 'boolean') return single;
    const given: GpuArgument[] = [];
    for (let i = 0; i < call.arity; i++) {
      const argument = call.argument(i);
      if (argument.kind !== 'value') given.push({ kind: 'unknown' });
      else {
        const { value, array } = this.decode(call, i, argument);
        given.push(array === undefined ? { kind: 'value', value } : describeArray(array));
      }
    }
    return single(given);
  }

  /** The arguments as `accepts` of an implementation sees them, or why a device does not take one. */
  describe(
    call: Call,
    traits: GpuTraits,
    memoryLimit: number,
    options: GpuImplementationOptions,
  ): GpuArgument[] | Refusal {
    const single = this.single(call, options);
    const described: GpuArgument[] = [];
    for (let i = 0; i < call.arity; i++) {
      const argument = call.argument(i);
      if (argument.kind === 'handle')
        return { reason: 'with meta: true the function gets a handle, which is on the host' };
      if (argument.kind === 'local') {
        described.push({ kind: 'unknown' });
        continue;
      }
      const { value, array: given } = this.decode(call, i, argument);
      const array = given !== undefined && single ? asSingle(given) : given;
      if (array === undefined) {
        described.push({ kind: 'value', value });
        continue;
      }
      const refusal = refuse(array, i, traits, memoryLimit);
      if (refusal !== undefined) return { reason: refusal };
      described.push(describeArray(array));
    }
    return described;
  }
}

function describeArray({ hostType: dtype, shape, bytes }: HostArray): GpuArgument {
  return { kind: 'array', dtype, shape, bytes };
}

function refuse(
  { dtype, hostType, bytes }: HostArray,
  index: number,
  { adapter, limits: { largestArray } }: GpuTraits,
  memoryLimit: number,
): string | undefined {
  const which = `argument ${index + 1}`;
  if (dtype === undefined)
    return `${which} is ${hostType}, which WebGPU does not have; convert it to float32 or int32`;
  if (bytes > largestArray)
    return `${which} takes ${bytes} bytes, and ${adapter} holds at most ${largestArray} in one array`;
  if (bytes > memoryLimit) return `${which} takes ${bytes} bytes, and memoryLimit is ${memoryLimit}`;
  return undefined;
}
