/** @file What is done through koffi, which is loaded when the first of it is needed. */
import { type Data, DTYPES, dtypeOf } from '../dtype.js';
import type { Alias } from './onnx.js';
import type { NativeFunction, NativeLibraries, NativeLibrary } from './system.js';

type Koffi = typeof import('koffi').default;

/** Opens native libraries. */
export function koffiLibraries(): NativeLibraries {
  let koffi: Koffi | undefined;
  return {
    async prepare() {
      try {
        koffi = (await import('koffi')).default;
      } catch (error) {
        throw new Error(`koffi, which opens native libraries, does not load: ${(error as Error).message}`);
      }
    },
    open(path) {
      if (koffi === undefined) throw new Error('prepare() comes first');
      return opened(koffi.load(path));
    },
  };
}

function opened(library: ReturnType<Koffi['load']>): NativeLibrary {
  return {
    find(prototype) {
      try {
        return library.func(prototype) as NativeFunction;
      } catch {
        // koffi throws for a name that the library lacks; whether that matters is the caller's to say.
        return undefined;
      }
    },
  };
}

const ORIGINAL = Symbol('poniard.original');

/** Makes ordinary typed arrays over shared memory, or gives nothing where this platform forbids them. */
export async function koffiAlias(): Promise<Alias | undefined> {
  try {
    const { default: koffi } = await import('koffi');
    const alias = <A extends Data>(data: A): A => {
      const { make } = DTYPES[dtypeOf(data)!];
      const buffer: ArrayBuffer & { [ORIGINAL]?: ArrayBufferLike } = koffi.view(
        koffi.address(data),
        data.byteLength,
      );
      // The bytes are freed with their own buffer, so that one must not go first.
      buffer[ORIGINAL] = data.buffer;
      return new make(buffer, 0, data.length) as A;
    };
    // Electron, for one, has no buffers over foreign memory.
    alias(new Uint8Array(1));
    return alias;
  } catch {
    return undefined;
  }
}
