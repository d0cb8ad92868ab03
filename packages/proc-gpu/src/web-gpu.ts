/// <reference types="@webgpu/types" />
/** @file WebGPU's types, where the package's own declarations name them. */

/**
 * One of them, such as `WebGpu<'GPUDevice'>`: the program's, which are those of TypeScript's DOM library from version 6 on, or
 * of the package `@webgpu/types`; without either an opaque object. The two cannot be loaded together, so this package
 * must not bring one.
 */
export type WebGpu<Name extends string> =
  typeof globalThis extends Record<Name, { prototype: infer T }> ? T : object;
