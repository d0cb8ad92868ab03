/** @file The value codecs that a thread knows. One that it meets first in a value from elsewhere is imported. */
import { ValueTransferError } from '../errors.js';
import type { ImportModule } from '../functions/evaluate.js';
import { type ValueCodec, valueCodec } from '../values/codec.js';
import type { CodecReference } from './protocol.js';

/** For plug-ins that put lanes on threads of their own: the value codecs that one end of a lane knows. */
export class CodecBook {
  private readonly known = new Map<string, ValueCodec>();
  private list: readonly ValueCodec[] = [];
  private readonly standIns = new Map<string, ValueCodec>();

  constructor(
    codecs: readonly ValueCodec[],
    private readonly importModule: ImportModule,
  ) {
    for (const codec of codecs) this.note(codec);
  }

  /** A codec that is loaded here; what stands in for one is not. */
  note(codec: ValueCodec): void {
    if (this.standIns.get(codec.tag) === codec) return;
    this.known.set(codec.tag, codec);
    this.list = [...this.known.values()];
  }

  get(tag: string): ValueCodec | undefined {
    return this.known.get(tag);
  }

  all(): readonly ValueCodec[] {
    return this.list;
  }

  /** Where a codec is found that this thread has, or has passed on. */
  reference(tag: string): CodecReference | undefined {
    return this.known.get(tag) ?? this.standIns.get(tag);
  }

  references(): CodecReference[] {
    return this.all().map(codecReference);
  }

  /** The codecs that are referred to: at once where all are known, else when their modules have been imported. */
  resolve(
    references: readonly CodecReference[] | undefined,
    use: (codecs: readonly ValueCodec[] | undefined) => void,
    refuse: (error: unknown) => void,
  ): void {
    if (references === undefined || references.every(({ tag }) => this.known.has(tag))) {
      use(references?.map(({ tag }) => this.known.get(tag) as ValueCodec));
      return;
    }
    Promise.all(references.map((reference) => this.learn(reference))).then(use, refuse);
  }

  /** For a value that only passes through this thread: the codec, or what stands for it until its module is imported. */
  standIn(reference: CodecReference): ValueCodec {
    const known = this.known.get(reference.tag) ?? this.standIns.get(reference.tag);
    if (known !== undefined) return known;
    const later = (): ValueCodec => {
      const codec = this.known.get(reference.tag);
      if (codec === undefined)
        throw new ValueTransferError(`the ValueCodec ${reference.tag} is not loaded here`);
      return codec;
    };
    const standIn: ValueCodec = {
      ...reference,
      test: (value): value is unknown => later().test(value),
      encode: (value) => later().encode(value),
      decode: (encoded) => later().decode(encoded),
    };
    this.standIns.set(reference.tag, standIn);
    return standIn;
  }

  /** Imports a codec's module, once. */
  async learn({ tag, module, exportName }: CodecReference): Promise<ValueCodec> {
    const known = this.known.get(tag);
    if (known !== undefined) return known;
    const found = (await this.importModule(module))[exportName] as
      | ValueCodec
      | { [valueCodec]?: ValueCodec }
      | undefined;
    const codec =
      typeof found === 'function' || (found && valueCodec in found)
        ? (found as { [valueCodec]?: ValueCodec })[valueCodec]
        : found;
    if (codec === undefined || (codec as ValueCodec).tag !== tag) {
      throw new ValueTransferError(
        `${module} has no export ${exportName} that is the ValueCodec ${tag}, or a class with it`,
      );
    }
    this.note(codec as ValueCodec);
    return codec as ValueCodec;
  }
}

export function codecReference({ tag, module, exportName }: ValueCodec): CodecReference {
  return { tag, module, exportName };
}
