/**
 * @file What gpu.js makes of one kernel: a shader for each list of argument types, or the reason why there is none. A reason
 * is a refusal and no failure: what a kernel gives must not depend on where it happens to be placed, and threads can run
 * what GPUs cannot.
 */
import { type Refusal, readFunction } from '@poniard/core';
import { GpuRefusal, ShaderError } from './errors.js';
import { CompiledKernel, type KernelCompiler, loadCompiler } from './kernel-compile.js';
import type { KernelArgumentType } from './kernel-host.js';
import { note } from './note.js';
import type { GpuArgument, GpuDevicePort } from './port.js';

/** A kernel as it was written. */
export interface KernelSource {
  readonly fn: (...args: never[]) => unknown;
  /** A function expression. */
  readonly source: string;
  readonly name: string;
  /** Where it was made, such as `'/app/main.ts:12:7'`. */
  readonly place: string | undefined;
  readonly constants: Readonly<Record<string, number | boolean>>;
}

export class KernelVariants {
  private readonly ready = new Map<string, CompiledKernel>();
  private readonly coming = new Map<string, Promise<CompiledKernel>>();
  /** By the types of the arguments. */
  private readonly reasons = new Map<string, string>();
  private compiler: KernelCompiler | undefined = undefined;
  /** Why there is no compiler. */
  private missing: string | undefined = undefined;

  constructor(private readonly kernel: KernelSource) {}

  /** The shader for these types, where it is there already. */
  find(types: readonly KernelArgumentType[], axes: number): CompiledKernel | undefined {
    return this.ready.get(keyOf(types, axes));
  }

  /** @throws GpuRefusal where there can be none. */
  prepare(
    gpu: GpuDevicePort,
    types: readonly KernelArgumentType[],
    output: readonly number[],
  ): Promise<CompiledKernel> {
    const key = keyOf(types, output.length);
    let coming = this.coming.get(key);
    if (coming === undefined) {
      coming = this.make(gpu, types, output)
        .then((made) => {
          this.ready.set(key, made);
          return made;
        })
        // A device that is lost in between says nothing about the kernel.
        .finally(() => this.coming.delete(key));
      this.coming.set(key, coming);
    }
    return coming;
  }

  /** Why no GPU takes a call with these arguments, as far as that is known. */
  refusal(args: readonly GpuArgument[]): Refusal | undefined {
    if (this.missing !== undefined) return { reason: this.missing };
    if (this.reasons.size === 0) return undefined;
    const reason = this.reasons.get(args.map(describedType).join());
    return reason === undefined ? undefined : { reason };
  }

  private async make(
    gpu: GpuDevicePort,
    types: readonly KernelArgumentType[],
    output: readonly number[],
  ): Promise<CompiledKernel> {
    const compiler = await this.load();
    const { kernel } = this;
    try {
      const outside = namesFromOutside(kernel.fn, compiler);
      if (outside !== undefined) throw new ShaderError(outside, undefined, undefined);
      const made = new CompiledKernel(compiler, kernel.source, kernel.name, types, output, kernel.constants);
      await gpu.compile(made.kernel);
      return made;
    } catch (error) {
      if (!(error instanceof ShaderError)) throw error;
      const { name, place, source } = kernel;
      const which = `the kernel ${name}${place === undefined ? '' : ` (${place})`}`;
      const reason = `gpu.js cannot compile ${which}: ${error.message}\n${source}`;
      this.reasons.set(types.join(), reason);
      note(`${name} runs on threads only: ${reason}`);
      throw new GpuRefusal(reason);
    }
  }

  private async load(): Promise<KernelCompiler> {
    try {
      this.compiler ??= await loadCompiler();
      return this.compiler;
    } catch (error) {
      this.missing = error instanceof Error ? error.message : String(error);
      note(`${this.kernel.name} runs on threads only: ${this.missing}`);
      throw new GpuRefusal(this.missing);
    }
  }
}

function keyOf(types: readonly KernelArgumentType[], axes: number): string {
  return `${axes} ${types.join()}`;
}

/** As `typeOf` says it; of what other tasks are yet to make nothing is known, and it is asked again when that is there. */
function describedType(arg: GpuArgument): string {
  if (arg.kind === 'array') return 'Array';
  if (arg.kind === 'unknown') return '';
  return typeof arg.value === 'number' ? 'Number' : typeof arg.value === 'boolean' ? 'Boolean' : '';
}

/** gpu.js would only say that some identifier is not defined. */
function namesFromOutside(fn: KernelSource['fn'], { parser }: KernelCompiler): string | undefined {
  let names: string[];
  try {
    names = readFunction(fn, parser)
      .free.map(({ name }) => name)
      .filter((name) => !(name in globalThis));
  } catch {
    return undefined; // not plain source; gpu.js says what is wrong with it
  }
  if (names.length === 0) return undefined;
  return `it uses ${names.join(', ')} from outside itself; pass that as an argument or in constants`;
}
