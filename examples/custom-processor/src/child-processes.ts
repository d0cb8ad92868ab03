/**
 * @file A processor of one's own, complete: each one runs tasks in a child process. Poniard's threads are made of the
 * same port, and the scheduler treats both alike.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import {
  type Call,
  decodeError,
  type EncodedFunction,
  type Loss,
  type MemorySpace,
  type Plugin,
  PROCESSOR_PROVIDER,
  type Processor,
  type ProcessorProvider,
  type Report,
} from '@poniard/core';

/** What a child is sent, and what it says. */
export type Order = { id: number; key: number; fn: EncodedFunction; args: unknown[] };
export type Answer = { id: number; ok: boolean; value: unknown; micros: number };

class ChildProcessor implements Processor {
  readonly kind = 'process'; // what processorTypeScope('process') asks for
  readonly space: MemorySpace; // values have to be moved here: no memory is shared
  readonly capacity = 1; // calls at a time
  readonly defaultEnabled = false; // runs only tasks whose scope names it
  readonly implementations = ['process', 'host']; // plain functions are 'host'
  private readonly pending = new Map<number, { call: Call; report: Report }>();
  private child: ChildProcess | undefined;
  private lost: ((loss: Loss) => void) | undefined;

  constructor(readonly id: string) {
    this.space = { id };
  }

  accepts(): boolean {
    return true;
  }

  /** Each call is answered once, by `report`, at any time. */
  run(calls: readonly Call[], report: Report): void {
    for (const call of calls) {
      try {
        const fn = call.fn.encoded(call.implementation);
        const order: Order = { id: call.id, key: call.fn.id, fn, args: call.values() };
        this.child ??= this.start();
        this.child.send(order, () => {}); // should the child be gone, its exit tells
        this.pending.set(call.id, { call, report });
      } catch (error) {
        report.failed(call, error, 0); // an argument that IPC cannot carry
      }
    }
  }

  onLost(listener: (loss: Loss) => void): void {
    this.lost = listener;
  }

  /** Optional: what `task.cancel(reason, { force: true })` comes to. */
  abort(_calls: readonly Call[], _reason: unknown, force: boolean): void {
    if (force) this.child?.kill();
  }

  async close(): Promise<void> {
    const { child } = this;
    if (child === undefined) return;
    this.lost = undefined;
    child.ref();
    child.kill();
    await once(child, 'exit');
  }

  private start(): ChildProcess {
    const child = fork(new URL('./child.js', import.meta.url), { serialization: 'advanced' });
    child.on('message', (answer: Answer) => this.answered(answer));
    child.on('exit', (code, signal) => this.exited(code ?? signal));
    child.unref(); // idle processors keep no program alive
    child.channel?.unref();
    return child;
  }

  private answered({ id, ok, value, micros }: Answer): void {
    const { call, report } = this.pending.get(id)!;
    this.pending.delete(id);
    if (ok) report.finished(call, value, micros);
    else report.failed(call, decodeError(value), micros);
  }

  /** The scheduler decides what becomes of the calls; the next one starts another child. */
  private exited(code: number | string | null): void {
    const started = [...this.pending.values()].map(({ call }) => call);
    this.pending.clear();
    this.child = undefined;
    this.lost?.({ reason: `exited with ${code}`, started, restarts: true });
  }
}

/** The plugin that brings `count` of them: `process:0`, `process:1` … */
export function childProcesses(count: number): Plugin {
  const start = () => Array.from({ length: count }, (_, index) => new ChildProcessor(`process:${index}`));
  const provider: ProcessorProvider = { name: 'childProcesses', start };
  return {
    name: 'childProcesses',
    register: (container) => void container.register(PROCESSOR_PROVIDER, { useValue: provider }),
  };
}
