/** @file Bodies that attract each other: where they begin, one step of them, their energy. Total mass and G are 1. */
import { type NDArray, rand, wgsl, zeros } from 'poniard';
import { SHADER } from './shader.js';

/** See {@link SHADER}: the shape is [2 · bodies, 4]. */
export type State = NDArray<'float32'>;

/** Bodies do not come nearer than about this: the attraction of two is m ÷ (r² + soft²). */
export const SOFT = 0.05;

/** A ball of bodies that turns about the z axis. */
export function ball(bodies: number): State {
  const state = zeros([2 * bodies, 4], 'float32');
  const random = rand(8 * bodies, { seed: 1 }).data;
  for (let [body, at] = [0, 0]; body < bodies; at += 3) {
    const [x, y, z] = [0, 1, 2].map((axis) => 2 * random[(at + axis) % random.length]! - 1) as [
      number,
      number,
      number,
    ];
    if (x * x + y * y + z * z > 1) continue;
    state.data.set([x, y, z, 1 / bodies], 4 * body);
    state.data.set([-0.6 * y, 0.6 * x, 0], 4 * (bodies + body));
    body++;
  }
  return state;
}

/** `advance(state, kick, drift, soft)`: the shader on a GPU, the same sums in JavaScript on a thread. */
export const advance = wgsl(SHADER, {
  name: 'advance',
  bindings: ['array<f32>', 'f32', 'f32', 'f32'],
  result: { type: 'array<f32>', shape: (state) => state.shape },
  workgroups: (state) => [Math.ceil(state.size / 8 / 64)],
  host: (state, kick, drift, soft) => advanceHere(state as State, kick, drift, soft),
});

export function advanceHere({ data, shape }: State, kick: number, drift: number, soft: number): State {
  const next = zeros([...shape], 'float32');
  const bodies = data.length / 8;
  for (let body = 0; body < bodies; body++) {
    const [place, velocity] = [4 * body, 4 * (bodies + body)];
    const pull = attraction(data, place, bodies, soft);
    for (let axis = 0; axis < 3; axis++) {
      const speed = data[velocity + axis]! + kick * pull[axis]!;
      next.data[velocity + axis] = speed;
      next.data[place + axis] = data[place + axis]! + drift * speed;
    }
    next.data[place + 3] = data[place + 3]!;
  }
  return next;
}

export function attraction(
  data: Float32Array,
  place: number,
  bodies: number,
  soft: number,
): [number, number, number] {
  const pull: [number, number, number] = [0, 0, 0];
  for (let other = 0; other < 4 * bodies; other += 4) {
    const x = data[other]! - data[place]!;
    const y = data[other + 1]! - data[place + 1]!;
    const z = data[other + 2]! - data[place + 2]!;
    const square = x * x + y * y + z * z + soft * soft;
    const strength = data[other + 3]! / (square * Math.sqrt(square));
    pull[0] += strength * x;
    pull[1] += strength * y;
    pull[2] += strength * z;
  }
  return pull;
}

/** Kinetic and potential energy together, in double precision. */
export function energy({ data }: State, soft: number): number {
  const bodies = data.length / 8;
  let sum = 0;
  for (let body = 0; body < bodies; body++) {
    const [place, velocity] = [4 * body, 4 * (bodies + body)];
    const mass = data[place + 3]!;
    sum += (mass / 2) * (data[velocity]! ** 2 + data[velocity + 1]! ** 2 + data[velocity + 2]! ** 2);
    for (let other = 0; other < place; other += 4) {
      const x = data[other]! - data[place]!;
      const y = data[other + 1]! - data[place + 1]!;
      const z = data[other + 2]! - data[place + 2]!;
      sum -= (mass * data[other + 3]!) / Math.sqrt(x * x + y * y + z * z + soft * soft);
    }
  }
  return sum;
}
