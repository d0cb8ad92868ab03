import { describe, expect, test } from 'vitest';
import { entryPoint, shaderBindings } from './wgsl-bindings.js';

describe('the bindings of a shader', () => {
  test('are read from its source, by number, in any order of attributes', () => {
    const source = `
      // @group(0) @binding(7) var<storage> commented: array<f32>;
      @binding(2) @group(0) var<uniform> params: Params;
      @group(0) @binding(1) var<storage, read_write> out : array<vec4<f32>>;
      @group(0)
      @binding(0) var<storage> x: array<f32>;
      var<workgroup> tile: array<f32, 64>; var<private> p: f32;`;
    expect(shaderBindings('s', source)).toEqual([
      { binding: 0, kind: 'read', name: 'x' },
      { binding: 1, kind: 'read_write', name: 'out' },
      { binding: 2, kind: 'uniform', name: 'params' },
    ]);
  });

  test('that no device port can bind are refused by name', () => {
    expect(() => shaderBindings('s', '@group(1) @binding(0) var<storage> x: array<f32>;')).toThrow(
      's: x is in group 1',
    );
    const twice = '@group(0) @binding(0) var<storage> x: f32; @group(0) @binding(0) var<storage> y: f32;';
    expect(() => shaderBindings('s', twice)).toThrow('x and y have the same binding 0');
    const uniforms = '@group(0) @binding(0) var<uniform> x: f32; @group(0) @binding(1) var<uniform> y: f32;';
    expect(() => shaderBindings('s', uniforms)).toThrow('at most one');
  });

  test('the entry point is the first compute function', () => {
    expect(entryPoint('s', 'fn helper() {} @compute @workgroup_size(8, 8) fn main() {}')).toBe('main');
    expect(entryPoint('s', '@workgroup_size(W, 1) @compute fn go(a: u32) {} @compute fn later() {}')).toBe(
      'go',
    );
    expect(() => entryPoint('s', '/* @compute fn main() {} */ fn main() {}')).toThrow('no function');
  });
});
