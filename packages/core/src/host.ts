/** @file The ports' defaults. They ask the surroundings what is there, so that the core loads in Node and in a page. */
import type { AsyncContext, Clock, Host, Interruption, KeepAlive } from './ports.js';

interface NodeProcess {
  emitWarning?(message: string, options: { type: string; code: string }): void;
  once?(event: string, listener: () => void): void;
  on?(event: string, listener: () => void): void;
  off?(event: string, listener: () => void): void;
  listeners(event: string): readonly (() => void)[];
  kill(pid: number, signal: string): void;
  readonly pid: number;
  getBuiltinModule?(name: 'node:async_hooks'): { AsyncLocalStorage: new <T>() => NodeStorage<T> };
  getBuiltinModule?(name: 'node:os'): { availableParallelism(): number };
}
interface NodeStorage<T> {
  getStore(): T | undefined;
  run<R>(value: T, body: () => R): R;
}
interface NodeTimer {
  ref?(): void;
  unref?(): void;
}

const nodeProcess = (): NodeProcess | undefined => (globalThis as { process?: NodeProcess }).process;

export class SystemClock implements Clock {
  now(): number {
    return performance.now() * 1000;
  }
  after(micros: number, callback: () => void): () => void {
    let timer: ReturnType<typeof setTimeout>;
    const wait = (ms: number): void => {
      timer = setTimeout(() => (ms > LONGEST ? wait(ms - LONGEST) : callback()), Math.min(ms, LONGEST));
      (timer as NodeTimer).unref?.();
    };
    wait(micros / 1000);
    return () => clearTimeout(timer);
  }
}

/** In ms: timers that are asked for more, in 32 bits, call back at once. */
const LONGEST = 2 ** 31 - 1;

/** In Node a timer that never fires holds the process while it is referenced; elsewhere it does nothing. */
export class TimerKeepAlive implements KeepAlive {
  private timer: NodeTimer | undefined = undefined;

  hold(): void {
    this.timer ??= setInterval(() => {}, LONGEST) as unknown as NodeTimer;
    this.timer.ref?.();
  }
  release(): void {
    this.timer?.unref?.();
  }
}

/**
 * In µs. A second SIGINT so soon after the first is the same one: a terminal sends it to the whole group of processes, and
 * npx, tsx and others pass theirs on to the program besides.
 */
const SAME_INTERRUPTION = 100_000;

/** Marks listeners for SIGINT that are a runtime's. */
const OURS = Symbol.for('poniard.interrupt');

export class SystemHost implements Host {
  get cores(): number {
    const os = nodeProcess()?.getBuiltinModule?.('node:os');
    if (os !== undefined) return os.availableParallelism();
    return (
      (globalThis as { navigator?: { hardwareConcurrency?: number } }).navigator?.hardwareConcurrency ?? 1
    );
  }

  warn(message: string, code: string): void {
    const process = nodeProcess();
    if (process?.emitWarning) process.emitWarning(message, { type: 'PoniardWarning', code });
    else console.warn(`${code}: ${message}`);
  }

  beforeExit(listener: () => void): () => void {
    const process = nodeProcess();
    process?.once?.('beforeExit', listener);
    return () => process?.off?.('beforeExit', listener);
  }

  onInterrupt(listener: () => Interruption): () => void {
    const process = nodeProcess();
    if (process?.on === undefined) return () => {};
    const stop = (): void => process.off?.('SIGINT', interrupted);
    let already = false;
    const interrupted = (): void => {
      // A program with listeners of its own decides by itself what becomes of it.
      if (process.listeners('SIGINT').some((other) => !(OURS in other))) return;
      if (already) return;
      already = true;
      const { message, ended } = listener();
      if (message !== undefined) console.error(message);
      // Without a listener the next interruption ends the process, and so does the one that is sent here.
      new SystemClock().after(SAME_INTERRUPTION, stop);
      void ended.then(() => {
        stop();
        process.kill(process.pid, 'SIGINT');
      });
    };
    process.on('SIGINT', Object.assign(interrupted, { [OURS]: true }));
    return stop;
  }

  asyncContext<T>(): AsyncContext<T> {
    const hooks = nodeProcess()?.getBuiltinModule?.('node:async_hooks');
    if (hooks === undefined) return new SynchronousContext<T>();
    const storage = new hooks.AsyncLocalStorage<T>();
    return { get: () => storage.getStore(), run: (value, body) => storage.run(value, body) };
  }
}

/** Where nothing follows asynchronous code, a value holds until the body returns. */
class SynchronousContext<T> implements AsyncContext<T> {
  readonly synchronous = true;
  private current: T | undefined = undefined;

  get(): T | undefined {
    return this.current;
  }
  run<R>(value: T, body: () => R): R {
    const before = this.current;
    this.current = value;
    try {
      return body();
    } finally {
      this.current = before;
    }
  }
}
