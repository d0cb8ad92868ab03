/** Fakes of every port, runtimes that are closed and looked at for leaks, for the tests of all packages. */
export * from './clock.js';
export * from './clocked-processor.js';
export * from './cores.js';
export * from './host.js';
export * from './keep-alive.js';
export * from './leaks.js';
export * from './memory.js';
export * from './placement.js';
export * from './plugin.js';
export * from './processor.js';
export * from './promises.js';
export * from './runtimes.js';
export * from './software-gpu.js';
export * from './store.js';
export * from './traits.js';
