/** @file What a plug-in needs to put a lane on a thread: both ends, and the protocol between them. */
import { ambient } from './ambient.js';
import type { FunctionCodec } from './functions/encoded.js';
import type { ImportModule } from './functions/evaluate.js';
import { SystemHost } from './host.js';
import { LaneExecutor, type LanePort } from './lane/executor.js';
import { LaneRuntime } from './lane/lane-runtime.js';
import type { LaneSetup } from './lane/protocol.js';
import { type TaskScope, TaskScopes } from './lane/task-scopes.js';

export { encodePlainly } from './functions/plain-words.js';
export { LaneClient, type LaneTransport } from './lane/client.js';
export { CodecBook } from './lane/codec-book.js';
export type { LaneExecutor, LanePort } from './lane/executor.js';
export type { LaneSetup } from './lane/protocol.js';
export { runtimeCodec } from './runtime-codec.js';

/** Whether code on this thread can spawn: it has imported the free functions. */
export const canSpawn = (): boolean => ambient.prepared;

/** Begins the worker's end of a lane: from now on this thread's free functions belong to it. */
export function beginLane(
  setup: LaneSetup,
  port: LanePort,
  functionCodec: FunctionCodec,
  importModule: ImportModule,
): LaneExecutor {
  const host = new SystemHost();
  const scopes = new TaskScopes(() => host.asyncContext<TaskScope>(), true);
  return new LaneExecutor(setup, port, scopes, importModule, (lane, codecs) => {
    const runtime = new LaneRuntime(lane, codecs, functionCodec, scopes, host, setup);
    ambient.install(runtime, scopes);
    return runtime;
  });
}
