import * as core from '@poniard/core';
import { describe, expect, it } from 'vitest';
import * as ports from './ports.js';

const tokens = Object.entries(ports).filter(([, value]) => typeof value === 'symbol');

describe('the tokens of the ports', () => {
  it('are ten, and all different', () => {
    expect(tokens.map(([name]) => name).sort()).toEqual([
      'CLOCK',
      'EVENT_SINK',
      'FUNCTION_CODEC',
      'HOST',
      'KEEP_ALIVE',
      'MOVER',
      'PLACEMENT_POLICY',
      'PROCESSOR_PROVIDER',
      'STORE',
      'VALUE_CODEC',
    ]);
    expect(new Set(tokens.map(([, token]) => token)).size).toBe(10);
  });

  it.each(tokens)(
    '%s is the same however often the core is loaded, so that plug-ins find it',
    (name, token) => {
      expect((core as Record<string, unknown>)[name]).toBe(token);
    },
  );
});
