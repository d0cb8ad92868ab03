import { afterEach, describe, expect, it, vi } from 'vitest';
import { SystemClock, SystemHost, TimerKeepAlive } from './host.js';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const holding = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

describe('the clock of the system', () => {
  it('counts µs', () => {
    vi.spyOn(performance, 'now').mockReturnValue(1.5);
    expect(new SystemClock().now()).toBe(1500);
  });

  it('calls back after so many µs, once, unless it is called off', () => {
    vi.useFakeTimers();
    const clock = new SystemClock();
    const called: string[] = [];
    clock.after(2000, () => called.push('kept'));
    const stop = clock.after(1000, () => called.push('off'));
    stop();
    vi.advanceTimersByTime(1);
    expect(called).toEqual([]);
    vi.advanceTimersByTime(10);
    expect(called).toEqual(['kept']);
  });

  it('O5. calls back after any time, also one that no timer can wait at once, or never', () => {
    vi.useFakeTimers();
    const clock = new SystemClock();
    const called: string[] = [];
    const days = 24 * 60 * 60 * 1000;
    clock.after(60 * days * 1000, () => called.push('after 60 days'));
    clock.after(Number.POSITIVE_INFINITY, () => called.push('never'));
    const stop = clock.after(60 * days * 1000, () => called.push('off'));
    vi.advanceTimersByTime(59 * days);
    expect(called).toEqual([]);
    stop();
    vi.advanceTimersByTime(2 * days);
    expect(called).toEqual(['after 60 days']);
    vi.advanceTimersByTime(1000 * days);
    expect(called).toHaveLength(1);
  });

  it('S10. holds no process by its timers', () => {
    const before = holding();
    const stop = new SystemClock().after(1e9, () => {});
    expect(holding()).toBe(before);
    stop();
  });
});

describe('the hold on the process', () => {
  it('S10. holds it until it is released, any number of times', () => {
    const before = holding();
    const keepAlive = new TimerKeepAlive();
    keepAlive.release();
    expect(holding()).toBe(before);
    for (let i = 0; i < 3; i++) {
      keepAlive.hold();
      keepAlive.hold();
      expect(holding()).toBe(before + 1);
      keepAlive.release();
      expect(holding()).toBe(before);
    }
  });
});

describe('the host', () => {
  it('O5. an interruption that npx or tsx passes on a second time is still the first; the next one ends the process', () => {
    vi.useFakeTimers();
    const listener = vi.fn(() => ({ message: undefined, ended: new Promise<void>(() => {}) }));
    const before = process.listenerCount('SIGINT');
    new SystemHost().onInterrupt(listener);
    process.emit('SIGINT', 'SIGINT');
    process.emit('SIGINT', 'SIGINT');
    expect(listener).toHaveBeenCalledTimes(1);
    expect(process.listenerCount('SIGINT')).toBe(before + 1);
    vi.advanceTimersByTime(100);
    expect(process.listenerCount('SIGINT')).toBe(before);
  });

  it('O5. an interruption ends the process when what was running has ended', async () => {
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
    const before = process.listenerCount('SIGINT');
    const ended = Promise.resolve();
    new SystemHost().onInterrupt(() => ({ message: undefined, ended }));
    process.emit('SIGINT', 'SIGINT');
    await ended;
    expect(kill).toHaveBeenCalledExactlyOnceWith(process.pid, 'SIGINT');
    expect(process.listenerCount('SIGINT')).toBe(before);
  });

  it('shows warnings as Node does, with a code', () => {
    const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    new SystemHost().warn('look out', 'PONIARD_TEST');
    expect(emit).toHaveBeenCalledWith('look out', { type: 'PoniardWarning', code: 'PONIARD_TEST' });
  });

  it('shows them on the console where there is no Node', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    vi.stubGlobal('process', undefined);
    new SystemHost().warn('look out', 'PONIARD_TEST');
    expect(warn).toHaveBeenCalledWith('PONIARD_TEST: look out');
  });

  it('calls back before the process ends, unless it is called off', () => {
    const host = new SystemHost();
    const called: string[] = [];
    const before = process.listenerCount('beforeExit');
    const stop = host.beforeExit(() => called.push('off'));
    host.beforeExit(() => called.push('kept'));
    expect(process.listenerCount('beforeExit')).toBe(before + 2);
    stop();
    for (const listener of process.listeners('beforeExit').slice(before)) {
      (listener as (code: number) => void)(0);
      process.off('beforeExit', listener);
    }
    expect(called).toEqual(['kept']);
  });

  it('O2. its contexts follow asynchronous code', async () => {
    const context = new SystemHost().asyncContext<number>();
    expect(context.get()).toBeUndefined();
    const inside = context.run(1, async () => {
      await Promise.resolve();
      return context.run(2, () => context.get()) === 2 && context.get();
    });
    expect(context.get()).toBeUndefined();
    expect(await inside).toBe(1);
  });

  it('O2. where nothing follows asynchronous code they hold until the body returns or throws', () => {
    vi.stubGlobal('process', undefined);
    const context = new SystemHost().asyncContext<number>();
    expect(context.run(1, () => context.run(2, () => context.get()))).toBe(2);
    expect(() =>
      context.run(1, () => {
        throw new Error('out');
      }),
    ).toThrow('out');
    expect(context.get()).toBeUndefined();
  });
});
