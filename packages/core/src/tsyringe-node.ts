/**
 * @file tsyringe's root container in Node, which can load it when it is asked for: its 30 CommonJS files take 9 ms of a
 * start, and few programs need them.
 */
import type { DependencyContainer } from 'tsyringe';

interface Require {
  (name: 'tsyringe'): typeof import('tsyringe');
  resolve(name: string): string;
  readonly cache: Readonly<Record<string, unknown>>;
}

declare const process: {
  getBuiltinModule(name: 'node:module'): { createRequire(from: string): Require };
};

const load = process.getBuiltinModule('node:module').createRequire(import.meta.url);

/** The same that `import 'tsyringe'` gives, since that is CommonJS. */
export const root = (): DependencyContainer => load('tsyringe').container;

/** Where the program itself may have registered something: the root container, once tsyringe is loaded. */
export function loadedRoot(): DependencyContainer | undefined {
  // Resolving a name reads files, and most programs have loaded nothing whose path would be worth it.
  for (const path in load.cache) if (path.includes('tsyringe')) return isLoaded() ? root() : undefined;
  return undefined;
}

const isLoaded = (): boolean => load.resolve('tsyringe') in load.cache;
