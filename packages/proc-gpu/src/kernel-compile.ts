/**
 * @file gpu.js as a compiler: from a JavaScript function to WGSL. Its own way to run what it compiles is not used: it would
 * open a device of its own and read every result back. Ours keeps kernels in the same submissions as everything else.
 *
 * The steps are those of gpu.js' `WebGPUKernel.build` up to where it asks for a device; the layout of the uniforms is the
 * one that it documents at `computeParamsLayout`.
 */
import { ShaderError } from './errors.js';
import type { GpuArray } from './gpu-array.js';
import type { KernelArgumentType } from './kernel-host.js';
import { plainLoops } from './kernel-loops.js';
import type { GpuKernel } from './port.js';

/** What gpu.js says of a compiled kernel. */
interface ParamsLayout {
  readonly arrayArgs: readonly { readonly index: number; readonly dimsOffset: number }[];
  readonly scalarArgs: readonly { readonly index: number; readonly type: string; readonly offset: number }[];
  readonly randomSeedOffset: number | null;
  readonly byteLength: number;
}

/** The parts of gpu.js' `WebGPUKernel` that are used. */
interface GpuJsKernel {
  threadDim: number[];
  paramsLayout: ParamsLayout;
  readonly componentCount: number;
  readonly workgroupSize: readonly [number, number, number];
  setupConstants(): void;
  setupArguments(args: readonly unknown[]): void;
  validateSettings(args: readonly unknown[]): void;
  translateSource(): void;
  computeParamsLayout(): ParamsLayout;
  assembleWGSL(): string;
}

/** gpu.js, as far as it is used. */
interface GpuJs {
  readonly WebGPUKernel: new (source: string, settings: object) => GpuJsKernel;
}

/** gpu.js, and the parser for what it would compile wrongly. */
export interface KernelCompiler extends GpuJs {
  readonly parser: typeof import('acorn');
}

/** @throws Error that says how to get it. */
export async function loadCompiler(): Promise<KernelCompiler> {
  const parser = await import('acorn');
  // Not a literal: the package is optional.
  const name = 'gpu.js';
  try {
    const module = (await import(name)) as GpuJs & { default?: GpuJs };
    const { WebGPUKernel } = module.WebGPUKernel === undefined ? (module.default as GpuJs) : module;
    return { WebGPUKernel, parser };
  } catch (error) {
    const isMissing = (error as { code?: unknown } | null)?.code === 'ERR_MODULE_NOT_FOUND';
    const what = isMissing
      ? 'install it beside @poniard/proc-gpu'
      : `it cannot be loaded: ${messageOf(error)}`;
    throw new Error(`kernels run on a GPU through the package gpu.js: ${what}`, { cause: error });
  }
}

export class CompiledKernel {
  readonly kernel: GpuKernel;
  /** How many numbers each element is. */
  readonly parts: number;
  private readonly layout: ParamsLayout;
  private readonly workgroupSize: readonly [number, number, number];

  /** @throws ShaderError with gpu.js' message, for what it cannot compile. */
  constructor(
    { WebGPUKernel, parser }: KernelCompiler,
    source: string,
    name: string,
    types: readonly KernelArgumentType[],
    output: readonly number[],
    constants: Readonly<Record<string, number | boolean>>,
  ) {
    try {
      // It reads each argument's type from `argumentTypes`, and wants as many arguments.
      const samples = types.map((type) => (type === 'Array' ? [0] : 0));
      const built = new WebGPUKernel(plainLoops(source, parser.parse), {
        output: [...output],
        constants: { ...constants },
        argumentTypes: [...types],
        dynamicOutput: true,
        // Its default of 1,000 would end longer loops without a word.
        loopMaxIterations: 2 ** 31 - 1,
      });
      built.setupConstants();
      built.setupArguments(samples);
      built.validateSettings(samples);
      built.threadDim = [...output, 1, 1].slice(0, 3);
      built.translateSource();
      this.layout = built.computeParamsLayout();
      built.paramsLayout = this.layout;
      this.kernel = { label: name, wgsl: built.assembleWGSL(), entryPoint: 'main' };
      this.parts = built.componentCount;
      this.workgroupSize = built.workgroupSize;
    } catch (error) {
      throw new ShaderError(messageOf(error), undefined, undefined);
    }
  }

  /** Along one axis more workgroups than fit go on in the next row. */
  workgroups(output: readonly number[], most: number): [number, number, number] {
    const [x = 1, y = 1, z = 1] = output;
    const [wx, wy, wz] = this.workgroupSize;
    const groups: [number, number, number] = [Math.ceil(x / wx), Math.ceil(y / wy), Math.ceil(z / wz)];
    if (output.length === 1 && groups[0] > most) {
      groups[1] = Math.ceil(groups[0] / most);
      groups[0] = Math.ceil(groups[0] / groups[1]);
    }
    return groups;
  }

  /** The uniforms for one run. */
  uniforms(
    args: readonly unknown[],
    output: readonly number[],
    groups: readonly [number, number, number],
  ): DataView {
    const { arrayArgs, scalarArgs, randomSeedOffset, byteLength } = this.layout;
    const view = new DataView(new ArrayBuffer(byteLength));
    const [x = 1, y = 1, z = 1] = output;
    const width = output.length === 1 ? groups[0] * this.workgroupSize[0] : 0;
    setWords(view, 0, [x, y, z, width]);
    for (const { index, dimsOffset } of arrayArgs) {
      const { shape, size } = args[index] as GpuArray;
      const [w = 1, h = 1, d = 1] = [...shape].reverse();
      setWords(view, dimsOffset, [w, h, d, size]);
    }
    for (const { index, type, offset } of scalarArgs) {
      if (type === 'Boolean') view.setUint32(offset, args[index] ? 1 : 0, true);
      else view.setFloat32(offset, args[index] as number, true);
    }
    if (randomSeedOffset !== null)
      view.setUint32(randomSeedOffset, Math.floor(Math.random() * 2 ** 32), true);
    return view;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function setWords(view: DataView, at: number, words: readonly number[]): void {
  for (const [i, word] of words.entries()) view.setUint32(at + 4 * i, word, true);
}
