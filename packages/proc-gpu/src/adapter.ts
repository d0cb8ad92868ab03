/** @file Finds a GPU: through `navigator.gpu` in a page, through Dawn (the package `webgpu`) in Node. */
import type { WebGpu } from './web-gpu.js';

/** Which adapter: by what it is good for, in software, or by (a part of) its name. */
export type AdapterChoice = 'high-performance' | 'low-power' | 'software' | (string & {});

/** An adapter. */
export interface FoundAdapter {
  readonly adapter: WebGpu<'GPUAdapter'>;
  /** Finds it again. */
  readonly choice: AdapterChoice;
}

/** Why there is no adapter. */
export interface NoAdapter {
  readonly reason: string;
}

/** What is known of an adapter. */
export interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** Whether it computes on the CPU. */
  readonly software: boolean;
}

/** An instance's timings are exact without quantization, which keeps pages from spying. */
const DAWN_FLAGS = ['disable-dawn-features=timestamp_quantization'];

/** Dawn has experimental features only where it is told to. */
const EXPERIMENTAL = 'chromium-experimental-';
const EXPERIMENTAL_FLAGS = ['enable-dawn-features=allow_unsafe_apis'];

/**
 * The adapter for a choice. One that computes on the CPU is found only when it is asked for: tasks are better off on
 * CPU threads. `features`: what is wanted of it; Dawn shows experimental ones only where they are.
 */
export async function findAdapter(
  choice: AdapterChoice,
  features: readonly string[] = [],
): Promise<FoundAdapter | NoAdapter> {
  const page = (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu;
  try {
    const flags = features.some((feature) => feature.startsWith(EXPERIMENTAL)) ? EXPERIMENTAL_FLAGS : [];
    return page === undefined ? await findInDawn(choice, flags) : await findIn(page, choice);
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Every adapter in hardware, the fastest first: all that WebGPU tells apart. Cards of one make and model have one name, and
 * are one here.
 */
export async function findAdapters(
  features: readonly string[] = [],
): Promise<readonly FoundAdapter[] | NoAdapter> {
  const fastest = await findAdapter('high-performance', features);
  if ('reason' in fastest) return fastest;
  const isPage = (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu !== undefined;
  const others = ['low-power', ...(isPage ? [] : await namesInDawn())];
  return distinct(fastest, others, (choice) => findAdapter(choice, features));
}

/** The first, and of the others those that are none of the ones before. */
export async function distinct(
  first: FoundAdapter,
  others: readonly AdapterChoice[],
  find: (choice: AdapterChoice) => Promise<FoundAdapter | NoAdapter>,
): Promise<readonly FoundAdapter[]> {
  const all = [first];
  const infos = [describeAdapter(first.adapter)];
  for (const choice of others) {
    // Asking for one takes its driver tens of ms; Dawn's `device` is the name that it lists, in small letters.
    if (infos.some(({ device }) => device !== '' && device === slugOf(choice))) continue;
    const found = await find(choice);
    if ('reason' in found) continue;
    const info = describeAdapter(found.adapter);
    if (info.software || infos.some((known) => isSame(known, info))) continue;
    all.push(found);
    infos.push(info);
  }
  return all;
}

/** One GPU that has several drivers, such as Vulkan's and Direct3D's, comes with a description for each. */
function isSame(a: AdapterInfo, b: AdapterInfo): boolean {
  if (a.vendor !== b.vendor || a.architecture !== b.architecture || a.device !== b.device) return false;
  return a.device !== '' || a.description === b.description;
}

function slugOf(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}

export function describeAdapter(adapter: WebGpu<'GPUAdapter'>): AdapterInfo {
  const { info } = adapter;
  const { vendor, architecture, device, description } = info;
  return { vendor, architecture, device, description, software: isSoftware(info) };
}

/** The adapter's name in one line: its make and model, and its driver, which Dawn has as the description. */
export function adapterName({ vendor, architecture, device, description }: AdapterInfo): string {
  const model = architecture !== '' && device.startsWith(architecture) ? '' : device;
  return [...new Set([vendor, architecture, model, description])].filter((part) => part !== '').join(' ');
}

async function findInDawn(
  choice: AdapterChoice,
  flags: readonly string[],
): Promise<FoundAdapter | NoAdapter> {
  if (typeof process === 'undefined') return { reason: 'this page has no navigator.gpu' };
  const { hasVulkan, useSoftwareDriver } = await import('./software.js');
  if (choice === 'software') {
    const reason = await useSoftwareDriver();
    if (reason !== undefined) return { reason };
  }
  if (!hasVulkan())
    return { reason: 'the Vulkan loader libvulkan.so.1, which comes with a GPU driver, is not installed' };
  if (!isName(choice)) return findIn(await dawn(choice, flags), choice);
  const names = await namesInDawn();
  const name = names.find((candidate) => candidate.toLowerCase().includes(choice.toLowerCase()));
  if (name === undefined)
    return {
      reason: `no adapter is named ${JSON.stringify(choice)}; there are: ${names.join(', ') || 'none'}`,
    };
  const adapter = await (await dawn(name, flags)).requestAdapter();
  return adapter === null ? { reason: `${name} cannot be used` } : { adapter, choice };
}

/** Dawn lists its adapters only in the message about one that is not there. */
async function namesInDawn(): Promise<string[]> {
  try {
    await (await dawn('(none)', [])).requestAdapter();
    return [];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [...message.matchAll(/name: '([^']+)'/g)].map(([, name]) => name as string);
  }
}

/**
 * Dawn's instances in this process. Like the library itself they stay until it ends: one that is collected while something
 * of its devices is on its way ends the process.
 */
const instances = new Map<string, GPU>();

/** The instance for a choice, or for an adapter by its full name. */
async function dawn(choice: string, flags: readonly string[]): Promise<GPU> {
  const { create } = await import('webgpu');
  // Of its own for each, because an instance keeps to the drivers that it found when it was made.
  const key = [choice === 'software' || isName(choice) ? choice : '', ...flags].join(' ');
  let instance = instances.get(key);
  if (instance === undefined) {
    instance = create([...DAWN_FLAGS, ...flags, ...(isName(choice) ? [`adapter=${choice}`] : [])]);
    instances.set(key, instance);
  }
  return instance;
}

async function findIn(instance: GPU, choice: AdapterChoice): Promise<FoundAdapter | NoAdapter> {
  const preferences: GPUPowerPreference[] =
    choice === 'low-power'
      ? ['low-power']
      : isName(choice)
        ? ['high-performance', 'low-power']
        : ['high-performance'];
  let reason = 'the system has no adapter that WebGPU can use';
  for (const powerPreference of preferences) {
    const adapter = await instance.requestAdapter({
      powerPreference,
      ...(choice === 'software' && { forceFallbackAdapter: true }),
    });
    if (adapter === null) continue;
    const info = describeAdapter(adapter);
    const name = adapterName(info);
    if (!isName(choice)) {
      if (info.software === (choice === 'software')) return { adapter, choice };
      reason = info.software
        ? `the only adapter, ${name}, computes on the CPU`
        : `${name} is not a software adapter`;
    } else if (name.toLowerCase().includes(choice.toLowerCase())) return { adapter, choice };
    else reason = `no adapter is named ${JSON.stringify(choice)}; there is ${name}`;
  }
  return { reason };
}

function isName(choice: AdapterChoice): boolean {
  return choice !== 'high-performance' && choice !== 'low-power' && choice !== 'software';
}

/** By the flag, and by name where an implementation does not set it. */
function isSoftware(info: GPUAdapterInfo): boolean {
  if (info.isFallbackAdapter) return true;
  return /swiftshader|llvmpipe|lavapipe|basic render/i.test(`${info.architecture} ${info.description}`);
}
