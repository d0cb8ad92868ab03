/** The core of Poniard: tasks, their scheduler, chunks, options, errors, and the ports that plug-ins implement. */
export * from '@poniard/scopes';
export type * from './array-types.js';
export type { Chunk, ChunkOptions } from './chunk.js';
export { isChunk } from './chunk.js';
export type { TaskScheduler } from './control.js';
export {
  collect,
  compute,
  createRuntime,
  currentRuntime,
  getOptions,
  map,
  mutable,
  shard,
  spawn,
  tochunk,
  use,
  withOptions,
} from './default-runtime.js';
export {
  CancelledError,
  DeadlockError,
  type FailureOrigin,
  FunctionTransferError,
  PoniardError,
  SchedulingError,
  ScopeError,
  TaskFailedError,
  type TaskSummary,
  TimeoutError,
  ValueTransferError,
  WorkerLostError,
} from './errors.js';
export type { EventListener, EventType, PoniardEvent } from './events.js';
export type { PlacementReport, PlacementRow } from './explain.js';
export { defaultOptions, type FunctionOptions } from './function-options.js';
export * from './functions.js';
export { checkGiven, type OptionRule, type OptionRules } from './given-options.js';
export type { MutableOptions } from './in-place/make.js';
export { isShard, type Shard, type ShardOptions } from './in-place/shard.js';
export { LaneClient, type LaneTransport } from './lane/client.js';
export { CodecBook } from './lane/codec-book.js';
export type { LaneSetup } from './lane/protocol.js';
export type { Collect, Collected, CollectOptions } from './lazy/collect.js';
export { type Delayed, delayed, type LazyForms, par } from './lazy/delayed.js';
export { isThunk, type LazyArg, type LazyOptions, type Thunk } from './lazy/thunk.js';
export {
  type Block,
  type Implementations,
  implement,
  type Operation,
  operation,
  type Plan,
  type Planner,
} from './operation.js';
export type { ProcessorName, Propagated, SchedulerOptions, TaskOptions } from './options.js';
export type { Plugin } from './plugin.js';
export * from './ports.js';
export type * from './processor.js';
export type { CloseOptions, Runtime, RuntimeOptions } from './runtime.js';
export type { TransferLink } from './scheduler/costs.js';
export { Costs, type CostTerms, EarliestFinish, type PlacementPolicy } from './scheduler/placement.js';
export {
  asCompleted,
  cancel,
  type Fetched,
  fetch,
  fetchAll,
  isReady,
  wait,
  waitAll,
  waitAny,
} from './shared-functions.js';
export type { Arg, Spawn } from './spawn.js';
export type { ProcessorStats, RuntimeStats } from './stats.js';
export { isTask, type Task, type TaskState } from './task.js';
export { type TaskContext, taskContext } from './task-context.js';
export { type ChunkType, type ValueCodec, valueCodec } from './values/codec.js';
export { decodeError, encodeError } from './values/errors.js';
export { type Encoded, restore, type SnapshotOptions, snapshot } from './values/snapshot.js';
