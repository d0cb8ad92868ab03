/**
 * @file What a package has to say once per process, such as that it is slow here, is said on the main thread, whichever threads find
 * it out. Packages find the function in the global scope of their thread, by a name that all share, since they do not import this one.
 */

/** Says it, unless something of this code was said before. */
export type WarnOnce = (message: string, code: string) => void;

/** Begins a message from a worker: a warning, and its code. */
export const WARNING = 'warning';

interface Surroundings {
  [NAME]?: WarnOnce;
}
const NAME: unique symbol = Symbol.for('poniard.warnOnce') as never;

/** In a worker: `warn` tells the main thread. */
export function installWarnOnce(warn: WarnOnce): void {
  (globalThis as Surroundings)[NAME] = warn;
}

/** On the main thread: the one of this process, which packages find there from now on. */
export function warnOnceHere(): WarnOnce {
  const surroundings = globalThis as Surroundings;
  surroundings[NAME] ??= remembering();
  return surroundings[NAME];
}

function remembering(): WarnOnce {
  const said = new Set<string>();
  return (message, code) => {
    if (said.has(code)) return;
    said.add(code);
    process.emitWarning(message, { type: 'PoniardWarning', code });
  };
}
