/** @file The software adapter for tests of whole programs, which find its driver below the working directory. */
import { gpuInfo } from 'poniard';

const setup = new URL('../scripts/software-gpu.mjs', import.meta.url).href;
const { softwareGpu } = (await import(setup)) as { softwareGpu(): string | undefined };
softwareGpu();

/** Whether this machine can have one. */
export const hasGpu = (await gpuInfo('software')).reason === undefined;
