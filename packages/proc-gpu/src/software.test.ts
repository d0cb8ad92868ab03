import { collectGarbage } from '@poniard/testing';
import { expect, test } from 'vitest';
import { hasVulkan, useSoftwareDriver } from './software.js';

const setup = new URL('../../../scripts/software-gpu.mjs', import.meta.url).href;
const { softwareGpu, wantsSoftware } = (await import(setup)) as {
  softwareGpu(): string | undefined;
  wantsSoftware(args: readonly string[], env: Record<string, string>): boolean;
};
const driver = softwareGpu();

test.skipIf(driver === undefined)(
  'the software driver is still there when garbage has been collected',
  async () => {
    expect(await useSoftwareDriver()).toBeUndefined();
    for (let i = 0; i < 5; i++) await collectGarbage();
    expect(hasVulkan()).toBe(true);
  },
);

test.each([
  [['--gpu', 'software'], {}, true],
  [['--json', '--gpu=software', '--small'], {}, true],
  [[], { PONIARD_GPU: 'software' }, true],
  [['--json'], {}, false],
  [['--gpu=none'], { PONIARD_GPU: 'software' }, false],
  [['--gpu', 'high-performance', '--name', 'software'], {}, false],
  [['--gpu'], {}, false],
])('`npm start` with %j and %j unpacks the software driver: %s', (args, env, wanted) => {
  expect(wantsSoftware(args, env)).toBe(wanted);
});
