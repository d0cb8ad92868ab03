/** @file A processor of one's own, complete: it runs each call in a child process. Poniard's threads use the same port. */
import { type ChildProcess, fork } from 'node:child_process';
import type { Processor, Report } from '@poniard/core';
import { type Call, decodeError, type EncodedFunction, type Plugin, PROCESSOR_PROVIDER } from '@poniard/core';

/** What a child is sent, and what it says. */
export type Order = { fn: EncodedFunction; args: unknown[] };
export type Answer = { ok: boolean; value: unknown; micros: number };

class ChildProcesses implements Processor {
  readonly id = 'process:0';
  readonly kind = 'process'; // what processorTypeScope('process') asks for
  readonly space = { id: 'process:0' }; // values have to be moved here: no memory is shared
  readonly defaultEnabled = false; // runs only tasks whose scope names it
  readonly implementations = ['process', 'host']; // plain functions are 'host'
  private readonly children = new Map<Call, ChildProcess>();

  constructor(readonly capacity: number) {} // calls at a time

  accepts = () => true;
  onLost = () => {}; // the processor itself cannot die

  /** Each call is answered once, by `report`, at any time. */
  run(calls: readonly Call[], report: Report): void {
    for (const call of calls) {
      const child = fork(new URL('./child.js', import.meta.url), { serialization: 'advanced' });
      let answer: Answer = { ok: false, value: new Error('the child process died'), micros: 0 };
      child.once('message', (message: Answer) => (answer = message));
      child.once('exit', () => {
        this.children.delete(call);
        if (answer.ok) report.finished(call, answer.value, answer.micros);
        else report.failed(call, decodeError(answer.value), answer.micros);
      });
      this.children.set(call, child);
      const order: Order = { fn: call.fn.encoded(call.implementation), args: call.values() };
      child.send(order, (error) => error && child.kill()); // an argument that IPC cannot carry
    }
  }

  /** Optional: `task.cancel(reason, { force: true })` and `close({ force: true })` come to this. */
  abort(calls: readonly Call[], _reason: unknown, force: boolean): void {
    if (force) for (const call of calls) this.children.get(call)?.kill();
  }

  async close(): Promise<void> {
    for (const child of this.children.values()) child.kill();
  }
}

/** The plugin that brings it. */
export const childProcesses = (atATime: number): Plugin => ({
  name: 'childProcesses',
  register(container) {
    const provider = { name: 'childProcesses', start: () => [new ChildProcesses(atATime)] };
    container.register(PROCESSOR_PROVIDER, { useValue: provider });
  },
});
