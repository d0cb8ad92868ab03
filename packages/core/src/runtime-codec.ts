/** @file How a runtime crosses to a thread: as the one that runs the task there. */
import { ambient } from './ambient.js';
import { RuntimeBase } from './runtime-base.js';
import type { ValueCodec } from './values/codec.js';

/** For plug-ins with lanes: carries a runtime to a thread, where it is the one that runs the task. */
export const runtimeCodec: ValueCodec<RuntimeBase, null> = {
  tag: 'Runtime',
  module: '@poniard/core/lane',
  exportName: 'runtimeCodec',
  test: (value): value is RuntimeBase => value instanceof RuntimeBase,
  encode: () => null,
  decode: () => ambient.current() as RuntimeBase,
};
