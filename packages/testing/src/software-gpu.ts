/** @file The software adapter, for the tests of what runs on a GPU. */

const SETUP = new URL('../../../scripts/software-gpu.mjs', import.meta.url).href;

/**
 * Puts the driver of the software adapter in place, and tells whether there is then one to test on; a line says why there is
 * none. `gpuInfo`: that of `@poniard/proc-gpu`, which this package does not know.
 */
export async function hasSoftwareGpu(
  gpuInfo: (adapter: 'software') => Promise<{ readonly reason?: string | undefined }>,
): Promise<boolean> {
  const { softwareGpu } = (await import(SETUP)) as { softwareGpu(): string | undefined };
  softwareGpu();
  const { reason } = await gpuInfo('software');
  if (reason !== undefined) console.warn(`tests that need a GPU are skipped: ${reason}`);
  return reason === undefined;
}
