/**
 * @file Starts a thread before anything else is loaded: it takes as long to start as the rest takes to load. Imports
 * nothing but piscina.
 */
import type { Piscina } from 'piscina';
import { startPool, type ThreadOptions } from './start-pool.js';

// The one file of the package that knows piscina: what starts threads later takes it from here too.
export { startPool };

const PLAIN: ThreadOptions = { resourceLimits: {}, execArgv: [], startTimeout: 30_000 };

/** A thread that is starting already, for the first processor that may have it. */
export class WarmThread {
  private pool: Piscina | undefined = startPool(PLAIN);

  /** Once, and for threads without limits or Node options of their own. */
  take({ resourceLimits, execArgv }: ThreadOptions): Piscina | undefined {
    if (Object.keys(resourceLimits).length > 0 || execArgv.length > 0) return undefined;
    const { pool } = this;
    this.pool = undefined;
    return pool;
  }
}
