/**
 * @file Asks Linux to back large buffers by huge pages. New memory is given page by page when it is first written, and
 * each page costs a trip to the kernel: 16 MiB took 2 ms on plain hardware and 100 ms in a virtual machine, where the product that fills
 * them takes 50. With pages of 2 MiB it took 1.5 ms there.
 */
import type { Data } from './dtype.js';

/** The size of a huge page on x86-64 and on arm64 with 4 KiB pages. */
export const HUGE_PAGE = 2 * 1024 * 1024;

/** The kernel's number for "use huge pages here". */
const MADV_HUGEPAGE = 14;

/** Port: advises the kernel about the buffer of a view that begins with it. */
export type Advise = (data: Data) => void;

/** Gives advice where this platform takes it, and nothing elsewhere. Loads koffi, so call it only for what is large. */
export function loadAdvise(): Advise {
  const nothing: Advise = () => {};
  if (typeof process !== 'object' || process.platform !== 'linux') return nothing;
  try {
    const { createRequire } = process.getBuiltinModule('node:module');
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi').default;
    const madvise = koffi.load(null).func('int madvise(void*, size_t, int)');
    // What it returns does not matter: without huge pages all is as it was.
    return (data) => void madvise(data, data.buffer.byteLength, MADV_HUGEPAGE);
  } catch {
    return nothing;
  }
}
