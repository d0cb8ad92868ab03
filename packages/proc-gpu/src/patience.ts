/**
 * @file How often Dawn for Node looks whether something is done. While anything is pending it gives a new function to
 * `setImmediate`, which does so again: 20,000 times in 100 ms, so that this thread never rests, a core is lost to everybody
 * else, and a third of the time goes to the garbage collector. Two products of 512² on two cores took twice as long.
 *
 * It takes `setImmediate` from the global object each time. So for the length of a call into Dawn there is another one
 * there, which looks at once for a while, and then every millisecond. In a page there is none, and nothing is changed.
 */

/** For so many ms after the last call that waits for something, short work is looked for at once. */
const EAGER = 1;
/** Afterwards it is looked for once in so many ms, the shortest timer that there is. */
const INTERVAL = 1;

type Immediate = (callback: (...args: unknown[]) => void, ...args: unknown[]) => unknown;
interface Globals {
  setImmediate?: Immediate;
}

export class Patience {
  private since = 0;

  /** Makes a call that gives a Promise of Dawn's, or several; gives what the call gives. */
  during<T>(call: () => T): T {
    this.since = performance.now();
    return this.within(call);
  }

  private within<T>(call: () => T): T {
    const globals = globalThis as Globals;
    const usual = globals.setImmediate;
    if (usual === undefined) return call();
    globals.setImmediate = (callback, ...args) => {
      const look = (): void => this.within(() => callback(...args));
      return performance.now() - this.since < EAGER ? usual(look) : setTimeout(look, INTERVAL);
    };
    try {
      return call();
    } finally {
      globals.setImmediate = usual;
    }
  }
}
