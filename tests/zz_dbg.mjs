import { createRuntime } from '@poniard/core';
import { cpuThreads } from '@poniard/proc-cpu';
import * as nesting from './fixtures/nesting.mjs';
const threads = +process.argv[2];
const rt = createRuntime({ plugins: threads ? [cpuThreads({ threads })] : [] });
const cases = {
 fib: () => rt.spawn(nesting.fib, 10), deep: () => rt.spawn(nesting.deep, 50),
 many: () => Promise.all(rt.map(nesting.fib, [5,6,7,8,5,6,7,8])),
 dwa: () => rt.spawn(nesting.deepWithoutAwait, 30), ci: () => rt.spawn(nesting.catchInside, 'inner'),
 fi: () => rt.spawn(nesting.failInside, 'inner').catch(e => e.message),
 sum: () => rt.spawn(nesting.sumByTasks, 20), prom: () => rt.spawn(nesting.withPromises, 20, 22),
 map: () => rt.spawn(nesting.mapInside, [1,2,3]), fa: () => rt.spawn(nesting.fetchAllInside, 1), comp: () => rt.spawn(nesting.completedInside, [1,2,3]),
 large: () => rt.spawn(nesting.largeInside, 20000), chunk: () => rt.spawn(nesting.chunkInside, [1,2,3]),
 meta: () => rt.spawn.with({meta:true}, nesting.lookAt, rt.spawn(nesting.numbers, 20000)),
 meta2: () => rt.spawn.with({meta:true}, nesting.passOn, rt.spawn(nesting.numbers, 20000)),
 meta3: () => rt.spawn.with({meta:true}, nesting.passOn, rt.tochunk([1,2,3])),
 wo: () => rt.spawn(nesting.withOptionsInside), ctx: () => rt.spawn(nesting.contextAcrossAwait),
 nia: () => rt.spawn(nesting.nestInArgument).catch(e=>e.message), bf: () => rt.spawn(nesting.badFunction).catch(e=>e.message),
 bo: () => rt.spawn(nesting.badOption).catch(e=>e.message), ba: () => rt.spawn(nesting.badArgument).catch(e=>e.message),
 cancel: () => rt.spawn(nesting.cancelInside),
};
for (const [k, f] of Object.entries(cases)) { if (process.argv[3] && process.argv[3] !== k) continue; 
 const r = await Promise.race([f(), new Promise(r => setTimeout(r, 3000, 'TIMEOUT'))]).catch(e => 'REJ ' + (e.stack ?? e)); console.log(k, r, JSON.stringify(rt.stats().tasks)); }
await Promise.race([rt.close(), new Promise(r => setTimeout(r, 3000, 'TIMEOUT'))]).then(x => console.log('closed', x)); process.exit();
