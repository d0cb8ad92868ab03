/** @file WGSL: one step of all bodies. */

/**
 * State: for each body a row (x, y, z, mass), then for each body a row (vx, vy, vz, 0). Velocities change by the attraction
 * at the old places times `kick`, then places by the new velocities times `drift`.
 */
export const SHADER = `
@group(0) @binding(0) var<storage, read> now: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> next: array<vec4f>;
struct Numbers { kick: f32, drift: f32, soft: f32 }
@group(0) @binding(2) var<uniform> numbers: Numbers;

@compute @workgroup_size(64)
fn advance(@builtin(global_invocation_id) id: vec3u) {
  let bodies = arrayLength(&now) / 2;
  if (id.x >= bodies) { return; }
  let here = now[id.x].xyz;
  var pull = vec3f();
  for (var other = 0u; other < bodies; other++) {
    let body = now[other];
    let way = body.xyz - here;
    let near = inverseSqrt(dot(way, way) + numbers.soft * numbers.soft);
    pull += body.w * near * near * near * way;
  }
  let velocity = now[bodies + id.x].xyz + numbers.kick * pull;
  next[id.x] = vec4f(here + numbers.drift * velocity, now[id.x].w);
  next[bodies + id.x] = vec4f(velocity, 0);
}`;
