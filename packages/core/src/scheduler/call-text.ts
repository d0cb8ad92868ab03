/** @file How a task was called, for the printed form of its failure. */
import { isMark, MARK } from '../values/mark.js';
import { nounOf } from '../values/refusal.js';
import { viewIn } from '../values/shared-buffers.js';
import { CapturedArgument, SnapshotArgument, StoredValue } from './arguments.js';
import { type Argument, TaskRecord } from './record.js';

/** More arguments than these are counted, not listed. */
const LISTED = 4;
const LONGEST = 40;

/** `load("a.csv", parse (#3))`; `undefined` where there is nothing to tell but the name. */
export function callText(record: TaskRecord): string | undefined {
  const args =
    record.args[0] instanceof CapturedArgument ? record.args.slice(1 + record.capturedHandles) : record.args;
  if (args.length === 0 || record.given) return undefined;
  const listed = args.slice(0, args.length === LISTED + 1 ? args.length : LISTED).map(argumentText);
  if (listed.length < args.length) listed.push(`… ${args.length - listed.length} more`);
  return `${record.name}(${listed.join(', ')})`;
}

function argumentText(arg: Argument): string {
  if (arg instanceof TaskRecord) return `${arg.name} (#${arg.id})`;
  if (!(arg instanceof SnapshotArgument)) return short(nounOf(arg));
  const { value } = arg;
  if (Array.isArray(value)) return `Array(${value.length})`;
  if (value instanceof StoredValue) return '{…}';
  if (arg.codecs !== undefined) return instanceText(value as object);
  if (ArrayBuffer.isView(value)) return `${value[Symbol.toStringTag as never]}(${value.byteLength} bytes)`;
  return value instanceof Map || value instanceof Set ? `${value[Symbol.toStringTag]}(${value.size})` : '{…}';
}

/** `NDArray`, by the tag of the codec; tags of the framework's own begin with NUL. */
function instanceText(value: object): string {
  const tag = viewIn(value)?.[4] ?? (isMark(value) ? value[MARK] : '');
  return /^\w/.test(tag) ? tag : '{…}';
}

const short = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
