import koffi from 'koffi';

const dir = '/work/main/node_modules/.cache/poniard/software-gpu';
process.env.VK_DRIVER_FILES = dir + '/vk_swiftshader_icd.json';
koffi.load(dir + '/libvulkan.so.1');
let t = performance.now();
const { create, globals } = await import('webgpu');
console.log('import', performance.now() - t);
t = performance.now();
const gpu = create([]);
const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
console.log(
  'adapter',
  performance.now() - t,
  adapter.info.vendor,
  adapter.info.architecture,
  adapter.info.device,
  adapter.info.description,
  adapter.isFallbackAdapter,
  adapter.info.isFallbackAdapter,
  adapter.info.backendType,
  [...adapter.features].join(' '),
);
for (const k of [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupsPerDimension',
  'maxComputeInvocationsPerWorkgroup',
  'minUniformBufferOffsetAlignment',
  'maxComputeWorkgroupStorageSize',
])
  console.log(k, adapter.limits[k]);
console.log(adapter.info.memoryHeaps);
t = performance.now();
const device = await adapter.requestDevice({
  requiredFeatures: ['timestamp-query'],
  requiredLimits: {
    maxBufferSize: adapter.limits.maxBufferSize,
    maxStorageBufferBindingSize: adapter.limits.maxStorageBufferBindingSize,
  },
});
console.log('device', performance.now() - t);
const g = globals;
const S = 128,
  CD = 8,
  CS = 4;
const code = `@group(0) @binding(0) var<storage,read> a: array<f32>; @group(0) @binding(1) var<storage,read_write> o: array<f32>; struct P {n:u32, s:f32}; @group(0) @binding(2) var<uniform> p:P; @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id:vec3u){ if(id.x<p.n){o[id.x]=a[id.x]+p.s;} }`;
const mod = device.createShaderModule({ code });
const layout = device.createBindGroupLayout({
  entries: [
    { binding: 0, visibility: 4, buffer: { type: 'read-only-storage' } },
    { binding: 1, visibility: 4, buffer: { type: 'storage' } },
    { binding: 2, visibility: 4, buffer: { type: 'uniform', hasDynamicOffset: true } },
  ],
});
const pl = device.createPipelineLayout({ bindGroupLayouts: [layout] });
t = performance.now();
const pipe = await device.createComputePipelineAsync({
  layout: pl,
  compute: { module: mod, entryPoint: 'main' },
});
console.log('pipeline', performance.now() - t);
const mk = () => device.createBuffer({ size: 1024, usage: S | CS | CD });
const N = 1000;
for (let rep = 0; rep < 4; rep++) {
  t = performance.now();
  const bufs = [];
  for (let i = 0; i < N + 1; i++) bufs.push(mk());
  const tb = performance.now() - t;
  const ub = device.createBuffer({ size: 256 * N, usage: 64 | CD });
  t = performance.now();
  const stage = new Uint8Array(256 * N);
  device.queue.writeBuffer(ub, 0, stage);
  const tw = performance.now() - t;
  t = performance.now();
  const groups = [];
  for (let i = 0; i < N; i++)
    groups.push(
      device.createBindGroup({
        layout,
        entries: [
          { binding: 0, resource: { buffer: bufs[i], offset: 0, size: 1024 } },
          { binding: 1, resource: { buffer: bufs[i + 1], offset: 0, size: 1024 } },
          { binding: 2, resource: { buffer: ub, offset: 0, size: 256 } },
        ],
      }),
    );
  const tg = performance.now() - t;
  t = performance.now();
  const enc = device.createCommandEncoder();
  const pass = enc.beginComputePass();
  for (let i = 0; i < N; i++) {
    pass.setPipeline(pipe);
    pass.setBindGroup(0, groups[i], [i * 256]);
    pass.dispatchWorkgroups(4);
  }
  pass.end();
  const cb = enc.finish();
  const te = performance.now() - t;
  t = performance.now();
  device.queue.submit([cb]);
  const ts = performance.now() - t;
  t = performance.now();
  await device.queue.onSubmittedWorkDone();
  const td = performance.now() - t;
  t = performance.now();
  for (const b of bufs) b.destroy();
  const tx = performance.now() - t;
  console.log({ tb, tw, tg, te, ts, td, tx });
}
t = performance.now();
for (let i = 0; i < 100; i++) {
  device.pushErrorScope('validation');
  device.popErrorScope();
}
console.log('100 scopes', performance.now() - t);
t = performance.now();
await device.queue.onSubmittedWorkDone();
console.log('empty done', performance.now() - t);
t = performance.now();
{
  const b = device.createBuffer({ size: 1 << 22, usage: S | CD, mappedAtCreation: true });
  new Float32Array(b.getMappedRange()).set(new Float32Array(new SharedArrayBuffer(1 << 22)));
  b.unmap();
}
console.log('upload 4MiB', performance.now() - t);
{
  const b = device.createBuffer({ size: 1 << 22, usage: 1 | 8 });
  const s = device.createBuffer({ size: 1 << 22, usage: S | CS });
  t = performance.now();
  const e = device.createCommandEncoder();
  e.copyBufferToBuffer(s, 0, b, 0, 1 << 22);
  device.queue.submit([e.finish()]);
  await b.mapAsync(1);
  const tt = performance.now();
  new Float32Array(new SharedArrayBuffer(1 << 22)).set(new Float32Array(b.getMappedRange()));
  console.log('readback', tt - t, performance.now() - tt);
  b.unmap();
}
// compile error
device.pushErrorScope('validation');
const bad = device.createShaderModule({ code: 'fn main() {\n  let x: f32 = 1u;\n}\n' });
const info = await bad.getCompilationInfo();
const e = await device.popErrorScope();
console.log(
  info.messages.map((m) => ({
    type: m.type,
    lineNum: m.lineNum,
    linePos: m.linePos,
    offset: m.offset,
    length: m.length,
    message: m.message,
  })),
  e?.message,
);
device
  .createComputePipelineAsync({ layout: pl, compute: { module: bad, entryPoint: 'main' } })
  .catch((e) => console.log('pipe err', e.constructor.name, e.name, e.reason, e.message));
const lost = device.lost.then((i) => console.log('lost', i.reason, i.message));
await new Promise((r) => setTimeout(r, 50));
const p = device.queue.onSubmittedWorkDone().then(
  () => console.log('done after'),
  (e) => console.log('err after', e.message),
);
device.destroy();
await lost;
await p;
console.log('resources', process.getActiveResourcesInfo());
