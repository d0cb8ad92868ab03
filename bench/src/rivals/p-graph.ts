/** @file p-graph: graphs of asynchronous functions on the calling thread. */
import { PGraph, type PGraphNodeMap } from 'p-graph';
import { microsecondsEach } from './pool.js';
import { check, count, packageVersion, type Rival, timed } from './rival.js';
import { add } from './work.js';

export async function createRival(): Promise<Rival> {
  return {
    version: await packageVersion('p-graph', import.meta.resolve('p-graph')),
    settings: 'new PGraph().run(), on one thread; results pass through an array',
    jobs: {
      /** Its nodes give no values to those that depend on them: each writes its own into an array. */
      async lazy(params) {
        const tasks = count(params, 'tasks');
        const ms = await timed(async () => {
          const nodes: PGraphNodeMap = new Map();
          const dependencies: [string, string][] = [];
          const values = Array.from({ length: tasks + 1 }, (_, i) => i);
          let level = values.map((_, i) => i);
          while (level.length > 1) {
            const next: number[] = [];
            for (let i = 0; i + 1 < level.length; i += 2) {
              const [left, right] = [level[i] as number, level[i + 1] as number];
              const at = values.length;
              values.push(Number.NaN);
              nodes.set(`${at}`, {
                run: async () => {
                  values[at] = add(values[left] as number, values[right] as number);
                },
              });
              for (const input of [left, right]) if (input > tasks) dependencies.push([`${input}`, `${at}`]);
              next.push(at);
            }
            if (level.length % 2 === 1) next.push(level[level.length - 1] as number);
            level = next;
          }
          await new PGraph(nodes, dependencies).run();
          check('the sum', values[values.length - 1], (tasks * (tasks + 1)) / 2);
        });
        return microsecondsEach(ms, tasks);
      },
    },
    async close() {},
  };
}
