/** @file WGSL for a formula, which computes an element (or four) in each invocation. */
import type { Formula, FormulaTerm } from '../ops/formula.js';
import { EACH_ELEMENT, type WgslType } from './port.js';

/**
 * How an operand is read: `dense`, element by element in the result's order; `one`, always its only element; `strided`, at
 * a place of its own for each axis; `number`, from the uniforms.
 */
export type Reading = 'dense' | 'one' | 'strided' | 'number';

export interface ElementwiseKind {
  readonly formula: Formula;
  readonly type: WgslType;
  readonly readings: readonly Reading[];
  /** Axes of the result, where operands are strided. */
  readonly rank: number;
  /** Four elements at a time; no operand is strided. */
  readonly fours: boolean;
}

/** The uniforms in order: the number of invocations, extents, strides of each strided operand, numbers. */
export function elementwiseKernel({ formula, type, readings, rank, fours }: ElementwiseKind): string {
  const value = fours ? `vec4<${type}>` : type;
  const axes = readings.includes('strided') ? Array.from({ length: rank }, (_, axis) => axis) : [];
  const all = readings.map((reading, i) => ({ reading, i }));
  const strided = all.filter(({ reading }) => reading === 'strided');
  const numbers = all.filter(({ reading }) => reading === 'number');
  const arrays = all.filter(({ reading }) => reading !== 'number');
  const members = [
    'count: u32',
    ...axes.map((axis) => `extent${axis}: u32`),
    ...strided.flatMap(({ i }) => axes.map((axis) => `stride${i}_${axis}: u32`)),
    ...numbers.map(({ i }) => `number${i}: ${type}`),
  ];
  const reads = all.map(({ reading, i }) => {
    if (reading === 'number') return `${value}(uniforms.number${i})`;
    if (reading === 'one') return `${value}(x${i}[0])`;
    if (reading === 'dense') return `x${i}[index]`;
    return `x${i}[${axes.map((axis) => `at${axis} * uniforms.stride${i}_${axis}`).join(' + ')}]`;
  });
  const name = (term: FormulaTerm): string => `t${term as number}`;
  const operators = { add: '+', sub: '-', mul: '*' };
  return `
struct Uniforms { ${members.join(', ')} }
${arrays
  .map(({ reading, i }, at) => {
    const element = reading === 'dense' ? value : type;
    return `@group(0) @binding(${at}) var<storage, read> x${i}: array<${element}>;`;
  })
  .join('\n')}
@group(0) @binding(${arrays.length}) var<storage, read_write> out: array<${value}>;
@group(0) @binding(${arrays.length + 1}) var<uniform> uniforms: Uniforms;
${EACH_ELEMENT}
  if (index >= uniforms.count) { return; }
${axes.length > 0 ? '  var rest = index;' : ''}
${[...axes]
  .reverse()
  .map((axis) => `  let at${axis} = rest % uniforms.extent${axis}; rest /= uniforms.extent${axis};`)
  .join('\n')}
${reads.map((read, i) => `  let t${i} = ${read};`).join('\n')}
${formula.steps
  .map(
    ({ operation, x, y }, i) =>
      `  let t${readings.length + i} = ${name(x)} ${operators[operation]} ${name(y)};`,
  )
  .join('\n')}
  out[index] = t${readings.length + formula.steps.length - 1};
}`;
}
