/**
 * @file A GPU in software: a Vulkan driver that computes on the CPU, for tests and for machines without a GPU. Node only.
 *
 * Dawn finds Vulkan by `dlopen('libvulkan.so.1')`. Where the system has none, one that this process has loaded already
 * serves; koffi loads it (`process.dlopen` does not do: it unloads what is no Node add-on).
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Below this, in a `node_modules` folder at or above the working directory, a development set-up may unpack a driver. */
const CACHED = 'node_modules/.cache/poniard/software-gpu/vk_swiftshader_icd.json';

/** What koffi has loaded is unloaded when it is collected, which may be before Dawn looks for it. It stays, as Dawn does. */
const kept: unknown[] = [];

/**
 * Makes this process's Vulkan a software driver, for the next `create()` of the package `webgpu`.
 *
 * @returns why there is none, or undefined where there is one.
 */
export async function useSoftwareDriver(): Promise<string | undefined> {
  const given = process.env['VK_DRIVER_FILES'] ?? process.env['VK_ICD_FILENAMES'];
  const driver = given ?? findCached(process.cwd());
  if (driver === undefined)
    return `there is no software driver: name one in VK_DRIVER_FILES, or unpack one to ${CACHED}`;
  if (!existsSync(driver)) return `the software driver ${driver} does not exist`;
  process.env['VK_DRIVER_FILES'] = driver;
  const loader = join(dirname(driver), 'libvulkan.so.1');
  if (!existsSync(loader)) return undefined;
  try {
    const { default: koffi } = await import('koffi');
    kept.push(koffi.load(loader));
    return undefined;
  } catch (error) {
    return `the Vulkan loader ${loader} cannot be loaded by koffi: ${error instanceof Error ? error.message : error}`;
  }
}

/**
 * Whether Dawn would find Vulkan, which it needs on Linux; without it, it writes a warning to stderr. Node refuses to load
 * a library that is no add-on of its own, but says whether it is there.
 */
export function hasVulkan(): boolean {
  if (process.platform !== 'linux') return true;
  try {
    process.dlopen({ exports: {} }, 'libvulkan.so.1');
    return true;
  } catch (error) {
    return !/cannot open shared object|No such file/i.test(error instanceof Error ? error.message : '');
  }
}

function findCached(from: string): string | undefined {
  for (let at = from; ; at = dirname(at)) {
    const driver = join(at, CACHED);
    if (existsSync(driver)) return driver;
    if (at === dirname(at)) return undefined;
  }
}
