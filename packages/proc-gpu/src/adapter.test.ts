import { expect, test } from 'vitest';
import { adapterName } from './adapter.js';

test.each([
  [
    'nvidia hopper nvidia-h100-pcie NVIDIA: 550.54.15',
    'nvidia',
    'hopper',
    'nvidia-h100-pcie',
    'NVIDIA: 550.54.15',
  ],
  [
    'google swiftshader SwiftShader driver 5.0.0',
    'google',
    'swiftshader',
    'swiftshader-device',
    'SwiftShader driver 5.0.0',
  ],
  ['apple common-3 Apple M1', 'apple', 'common-3', '', 'Apple M1'],
  ['0x1234', '', '', '0x1234', ''],
])('an adapter is called %s', (name, vendor, architecture, device, description) => {
  expect(adapterName({ vendor, architecture, device, description, software: false })).toBe(name);
});
