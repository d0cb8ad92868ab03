/**
 * A GPU in software, for machines without one: unpacks the Vulkan driver SwiftShader, and the Vulkan loader, from the
 * development dependency `@sparticuz/chromium` into `node_modules/.cache/poniard/software-gpu`. `webgpu({ adapter:
 * 'software' })` finds it there. Once; later calls find it done.
 *
 * `node scripts/software-gpu.mjs` prints the driver's file, to be given as `VK_DRIVER_FILES` to other programs (which
 * also need its folder in `LD_LIBRARY_PATH`).
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import { root } from './lib/workspace.mjs';

/** Where it is unpacked. */
export const folder = join(root, 'node_modules/.cache/poniard/software-gpu');
const icd = join(folder, 'vk_swiftshader_icd.json');

/** Whether a program with these arguments uses it: by `--gpu software`, `--gpu=software`, or the environment's `PONIARD_GPU`. */
export function wantsSoftware(args, { PONIARD_GPU } = process.env) {
  const at = args.findLastIndex((arg) => /^--gpu(=|$)/.test(arg));
  const given = args[at]?.includes('=') ? args[at].slice('--gpu='.length) : args[at + 1];
  return ((at >= 0 && given) || PONIARD_GPU) === 'software';
}

/** The driver's file, or undefined where this machine cannot have it (the package holds Linux on x64 only). */
export function softwareGpu() {
  if (existsSync(icd)) return icd;
  const archive = findArchive();
  if (archive === undefined) return undefined;
  // Whole or not at all, though several may unpack it at once.
  const draft = `${folder}.${process.pid}.tmp`;
  mkdirSync(draft, { recursive: true });
  for (const { name, bytes } of filesInTar(brotliDecompressSync(readFileSync(archive))))
    writeFileSync(join(draft, basename(name)), bytes);
  try {
    renameSync(draft, folder);
  } catch {
    rmSync(draft, { recursive: true, force: true });
  }
  return existsSync(icd) ? icd : undefined;
}

/** The packed driver, or undefined as in {@link softwareGpu}. */
export function findArchive() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  try {
    const main = createRequire(join(root, 'packages/proc-gpu/package.json')).resolve('@sparticuz/chromium');
    for (let at = dirname(main); at !== dirname(at); at = dirname(at)) {
      const archive = join(at, 'bin/swiftshader.tar.br');
      if (existsSync(archive)) return archive;
    }
  } catch {
    // Not installed, such as after `pnpm install --prod`.
  }
  return undefined;
}

/** A tar file is a row of headers of 512 bytes, each followed by its file, filled up to 512. */
function* filesInTar(tar) {
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const text = (from, length) => tar.toString('latin1', at + from, at + from + length).split('\0')[0];
    const size = Number.parseInt(text(124, 12), 8) || 0;
    const isFile = text(156, 1) === '0' || text(156, 1) === '';
    if (isFile) yield { name: text(0, 100), bytes: tar.subarray(at + 512, at + 512 + size) };
    at += 512 + Math.ceil(size / 512) * 512;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const found = softwareGpu();
  console.log(found ?? 'there is no software GPU for this platform');
}
