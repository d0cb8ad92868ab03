/** @file Kernels made ready: shader modules, layouts, pipelines and bind groups, each made once per device. */
import { type ShaderError, shaderError } from './errors.js';
import { Patience } from './patience.js';
import type { GpuKernel } from './port.js';
import { entryPoint, type ShaderBinding, shaderBindings } from './wgsl-bindings.js';

/** GPUShaderStage.COMPUTE. */
const COMPUTE = 4;

/** A kernel's bind groups are forgotten when there are so many: most are for buffers that are gone. */
const MOST_GROUPS = 4096;

/** A kernel on a device: being compiled, ready, or impossible. */
export class Pipeline {
  /** Set when it is ready. */
  compiled: GPUComputePipeline | undefined = undefined;
  /** Set when it cannot be compiled. */
  error: unknown = undefined;
  /** Bind groups by what they bind: making one takes Dawn 16 µs, finding one 0.3. */
  readonly groups = new Map<string, GPUBindGroup>();

  constructor(
    readonly label: string,
    /** The storage bindings, by number. */
    readonly storage: readonly ShaderBinding[],
    readonly uniform: ShaderBinding | undefined,
    readonly layout: GPUBindGroupLayout,
    /** Settles when `compiled` or `error` is set; never rejects. */
    readonly coming: Promise<void>,
  ) {}

  remember(key: string, group: GPUBindGroup): void {
    if (this.groups.size >= MOST_GROUPS) this.groups.clear();
    this.groups.set(key, group);
  }
}

interface Layouts {
  readonly bindGroup: GPUBindGroupLayout;
  readonly pipeline: GPUPipelineLayout;
}

export class Pipelines {
  private readonly byKernel = new WeakMap<GpuKernel, Pipeline>();
  private readonly bySource = new Map<string, Pipeline>();
  private readonly modules = new Map<string, Promise<GPUShaderModule>>();
  private readonly layouts = new Map<string, Layouts>();
  private readonly byKey = new Map<string, GpuKernel>();
  private readonly patience = new Patience();

  constructor(private readonly device: GPUDevice) {}

  /** A kernel by a key of its maker's. */
  keyed(key: string, make: () => GpuKernel): GpuKernel {
    let kernel = this.byKey.get(key);
    if (kernel === undefined) {
      kernel = make();
      this.byKey.set(key, kernel);
    }
    return kernel;
  }

  /** @throws TypeError when the source has no entry point, or bindings that are not as they should be. */
  of(kernel: GpuKernel): Pipeline {
    let pipeline = this.byKernel.get(kernel);
    if (pipeline === undefined) {
      pipeline = this.find(kernel);
      this.byKernel.set(kernel, pipeline);
    }
    return pipeline;
  }

  /** Kernels with the same source are one. */
  private find(kernel: GpuKernel): Pipeline {
    const label = kernel.label ?? 'the shader';
    const entry = kernel.entryPoint ?? entryPoint(label, kernel.wgsl);
    const key = `${entry}\0${JSON.stringify(kernel.constants ?? {})}\0${kernel.wgsl}`;
    let pipeline = this.bySource.get(key);
    if (pipeline === undefined) {
      pipeline = this.make(kernel, label, entry);
      this.bySource.set(key, pipeline);
    }
    return pipeline;
  }

  private make(kernel: GpuKernel, label: string, entry: string): Pipeline {
    const bindings = shaderBindings(label, kernel.wgsl);
    const arrays = bindings.filter(({ kind }) => kind !== 'uniform').length;
    const most = this.device.limits.maxStorageBuffersPerShaderStage;
    if (arrays > most)
      throw new RangeError(`${label} binds ${arrays} arrays, and the device binds at most ${most} at a time`);
    const layouts = this.layoutsFor(bindings);
    const compiling = this.compile(kernel, label, entry, layouts.pipeline);
    const coming = compiling.then(
      (compiled) => {
        pipeline.compiled = compiled;
      },
      (error: unknown) => {
        pipeline.error = error;
      },
    );
    const pipeline = new Pipeline(
      label,
      bindings.filter(({ kind }) => kind !== 'uniform'),
      bindings.find(({ kind }) => kind === 'uniform'),
      layouts.bindGroup,
      coming,
    );
    return pipeline;
  }

  private async compile(
    { wgsl, constants }: GpuKernel,
    label: string,
    entry: string,
    layout: GPUPipelineLayout,
  ): Promise<GPUComputePipeline> {
    const module = await this.module(wgsl, label);
    try {
      const compute = { module, entryPoint: entry, ...(constants && { constants }) };
      return await this.patience.during(() =>
        this.device.createComputePipelineAsync({ label, layout, compute }),
      );
    } catch (error) {
      throw shaderError(label, wgsl, [
        {
          message: error instanceof Error ? firstSentence(error.message) : String(error),
          line: undefined,
          column: undefined,
        },
      ]);
    }
  }

  private module(wgsl: string, label: string): Promise<GPUShaderModule> {
    let module = this.modules.get(wgsl);
    if (module === undefined) {
      module = this.compileModule(wgsl, label);
      this.modules.set(wgsl, module);
    }
    return module;
  }

  /** @throws {@link ShaderError} with the compiler's messages. */
  private async compileModule(code: string, label: string): Promise<GPUShaderModule> {
    const { device } = this;
    device.pushErrorScope('validation');
    const module = device.createShaderModule({ label, code });
    const [{ messages }, error] = await this.patience.during(() => {
      const refused = device.popErrorScope();
      return Promise.all([module.getCompilationInfo(), refused]);
    });
    const errors = messages.filter(({ type }) => type === 'error');
    if (errors.length > 0) {
      const problems = errors.map(({ message, lineNum, linePos }) => ({
        message,
        line: lineNum,
        column: linePos,
      }));
      throw shaderError(label, code, problems);
    }
    if (error !== null)
      throw shaderError(label, code, [
        { message: firstSentence(error.message), line: undefined, column: undefined },
      ]);
    return module;
  }

  /** Kernels whose bindings are of the same kinds share their layouts. */
  private layoutsFor(bindings: readonly ShaderBinding[]): Layouts {
    const key = bindings.map(({ binding, kind }) => `${binding}${kind}`).join();
    let layouts = this.layouts.get(key);
    if (layouts === undefined) {
      const bindGroup = this.device.createBindGroupLayout({
        entries: bindings.map(({ binding, kind }) => ({
          binding,
          visibility: COMPUTE,
          buffer: layoutOf(kind),
        })),
      });
      const pipeline = this.device.createPipelineLayout({ bindGroupLayouts: [bindGroup] });
      layouts = { bindGroup, pipeline };
      this.layouts.set(key, layouts);
    }
    return layouts;
  }
}

function layoutOf(kind: ShaderBinding['kind']): GPUBufferBindingLayout {
  if (kind === 'uniform') return { type: 'uniform', hasDynamicOffset: true };
  return { type: kind === 'read' ? 'read-only-storage' : 'storage' };
}

/** Without Dawn's account of which call it was in, and without the second pair of quotes that it gives some names. */
export function firstSentence(message: string): string {
  const [sentence = message] = message.split('\n - While');
  return sentence.trim().replace(/""([^"]*)""/g, '"$1"');
}

export type { ShaderError };
