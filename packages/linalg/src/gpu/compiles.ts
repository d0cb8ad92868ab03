/** @file Whether a device takes a shader: one that a call runs and that does not compile would fail the call. */
import type { GpuDevicePort } from './port.js';

export async function compiles({ device }: Pick<GpuDevicePort, 'device'>, code: string): Promise<boolean> {
  device.pushErrorScope('validation');
  const compute = { module: device.createShaderModule({ code }) };
  const made = device.createComputePipelineAsync({ layout: 'auto', compute }).then(
    () => true,
    () => false,
  );
  const problem = await device.popErrorScope();
  return (await made) && problem === null;
}
