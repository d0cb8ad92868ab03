/** @file Opens native libraries through koffi, which is loaded when the first one is. */
import type { NativeFunction, NativeLibraries, NativeLibrary } from './system.js';

type Koffi = typeof import('koffi').default;

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
