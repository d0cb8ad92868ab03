// The least program: one task on a runtime with two threads. It ends by itself.
import { cpuThreads, createRuntime } from 'poniard';

const runtime = createRuntime({ plugins: [cpuThreads({ threads: 2 })] });
const sum = await runtime.spawn((a, b) => a + b, 1, 2);
const time = process.hrtime.bigint();
if (sum !== 3) throw new Error(`1 + 2 is ${sum}`);
console.log(String(time));
