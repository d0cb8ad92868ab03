// The same with piscina, which must be told to end.
import { Piscina } from 'piscina';

const pool = new Piscina({
  filename: new URL('./piscina-worker.mjs', import.meta.url).href,
  minThreads: 2,
  maxThreads: 2,
});
const sum = await pool.run([1, 2]);
const time = process.hrtime.bigint();
if (sum !== 3) throw new Error(`1 + 2 is ${sum}`);
console.log(String(time));
await pool.destroy();
