/**
 * The smallest task graph that branches. Each `spawn` returns at once; a task that is given to another one as an
 * argument is what that one waits for, and it receives its value.
 *
 *     npm start        in this folder; or `node examples/graph/dist/main.js` at the root
 */
import { currentRuntime, spawn, type Task } from 'poniard';

const add1 = (x: number) => x + 1;
const add2 = (x: number) => x + 2;
const combine = (a: number, b: number, c: number) => a + b + c;

const p = spawn(add1, 4);
const q = spawn(add2, p);
const r = spawn(add1, 3);
const s = spawn(combine, p, q, r);

const result = await s;
console.log(result);

/** The processor that ran a task. `explain` also tells what each of the others would have cost. */
const place = (task: Task<number>) => (currentRuntime().explain(task).processor ?? '').padEnd(6);

console.log(`
  4 ─ add1 ─ ${await p} ─┬───────────────────┐
      ${place(p)}    └─ add2 ─ ${await q} ────────┼─ combine ─ ${await s}
                   ${place(q)}           │  ${place(s)}
  3 ─ add1 ─ ${await r} ─────────────────────┘
      ${place(r)}
`);
console.log(String(currentRuntime().explain(s)));

if (result !== 16) throw new Error(`the graph gave ${result} instead of 16`);
