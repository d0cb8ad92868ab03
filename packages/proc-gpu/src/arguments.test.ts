import type { Call } from '@poniard/core';
import { describe, expect, test } from 'vitest';
import { Arguments } from './arguments.js';
import { HomeArrays } from './host-arrays.js';
import type { GpuTraits } from './port.js';

const traits = {
  adapter: 'tiny',
  features: new Set(),
  limits: { largestArray: 1024 },
} as unknown as GpuTraits;
const describeArguments = (value: object, { limit = 1e9, single = false } = {}) => {
  const argument = { kind: 'value', value } as const;
  const call = { arity: 1, argument: () => argument, values: () => [value] } as unknown as Call;
  return new Arguments(new HomeArrays(undefined)).describe(call, traits, limit, { single });
};

describe('what a device takes as an argument', () => {
  test('an array of a type that it has, up to the size of one binding', () => {
    expect(describeArguments(new Float32Array(256))).toEqual([
      { kind: 'array', dtype: 'float32', shape: [256], bytes: 1024 },
    ]);
    expect(describeArguments(new Float32Array(257))).toEqual({
      reason: 'argument 1 takes 1028 bytes, and tiny holds at most 1024 in one array',
    });
    expect(describeArguments(new Int32Array(200), { limit: 500 })).toEqual({
      reason: 'argument 1 takes 800 bytes, and memoryLimit is 500',
    });
  });

  test('float64 and integers that WebGPU lacks only where they may become float32', () => {
    for (const Kind of [Float64Array, Uint8Array, Int16Array, BigInt64Array]) {
      const reason = expect.stringMatching(/argument 1 is .*, which WebGPU does not have/);
      expect(describeArguments(new Kind(4))).toEqual({ reason });
    }
    expect(describeArguments(new Float64Array(200), { single: true })).toMatchObject([
      { dtype: 'float32', bytes: 800 },
    ]);
  });
});
