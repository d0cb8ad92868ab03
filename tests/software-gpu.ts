/** @file The software adapter for tests of whole programs, which find its driver below the working directory. */
import { hasSoftwareGpu } from '@poniard/testing';
import { gpuInfo } from 'poniard';

/** Whether there is a software adapter to test on. */
export const hasGpu = await hasSoftwareGpu(gpuInfo);
