import { collectGarbage } from '@poniard/testing';
import { expect, test } from 'vitest';
import { hasVulkan, useSoftwareDriver } from './software.js';

const setup = new URL('../../../scripts/software-gpu.mjs', import.meta.url).href;
const { softwareGpu } = (await import(setup)) as { softwareGpu(): string | undefined };
const driver = softwareGpu();

test.skipIf(driver === undefined)(
  'the software driver is still there when garbage has been collected',
  async () => {
    expect(await useSoftwareDriver()).toBeUndefined();
    for (let i = 0; i < 5; i++) await collectGarbage();
    expect(hasVulkan()).toBe(true);
  },
);
