/** @file The shaders that both Poniard (by `wgsl`) and hand-written WebGPU calls run, so that only what is around them differs. */

/** y = factor · x. */
export const SCALE = `
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
struct Numbers { factor: f32 }
@group(0) @binding(2) var<uniform> numbers: Numbers;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < arrayLength(&y)) { y[id.x] = numbers.factor * x[id.x]; }
}`;

/** Rows and columns of z that a workgroup of {@link PRODUCT} computes. */
export const BLOCK = 32;

/** z = x·y, of n² elements, n a multiple of 32: each invocation computes 4 × 4 elements. */
export const PRODUCT = `
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> y: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> z: array<vec4f>;
struct Numbers { n: u32 }
@group(0) @binding(3) var<uniform> numbers: Numbers;
@compute @workgroup_size(8, 8) fn main(@builtin(global_invocation_id) id: vec3u) {
  let fours = numbers.n / 4;
  let row = 4 * id.y;
  var sums: array<vec4f, 4>;
  for (var k = 0u; k < fours; k++) {
    let rows = array(y[4 * k * fours + id.x], y[(4 * k + 1) * fours + id.x],
                     y[(4 * k + 2) * fours + id.x], y[(4 * k + 3) * fours + id.x]);
    for (var i = 0u; i < 4; i++) {
      let a = x[(row + i) * fours + k];
      sums[i] += a.x * rows[0] + a.y * rows[1] + a.z * rows[2] + a.w * rows[3];
    }
  }
  for (var i = 0u; i < 4; i++) { z[(row + i) * fours + id.x] = sums[i]; }
}`;
