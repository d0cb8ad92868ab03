/**
 * @file What the lineage of results keeps alive. A result that only a processor has would be made again from its inputs (E3),
 * so they stay on the host as long as it does, also where nobody else needs them any more. That is bounded: beyond so many
 * bytes, a result that alone keeps more than its own size is copied to the host, and its inputs go.
 */
import { SnapshotArgument } from './arguments.js';
import { TaskRecord } from './record.js';

/** In bytes. Inputs that are smaller do not count. */
const SMALL = 64 * 1024;
const MOST = 512 * 1024 * 1024;

/** Values on the host, with their bytes, from which a result would be made again. */
export type Lineage = ReadonlyMap<object, number>;

const NONE: Lineage = new Map();

export class LineageBook {
  /** Bytes of the values that are kept for any result. */
  bytes = 0;
  /** For how many results each is kept. */
  private readonly holders = new Map<object, number>();
  private readonly results = new Set<TaskRecord>();

  constructor(private readonly most = MOST) {}

  /** A result stays with a processor. Whether it had better be copied to the host. */
  add(record: TaskRecord): boolean {
    const lineage = lineageOf(record);
    if (lineage.size === 0) return false;
    record.lineage = lineage;
    this.results.add(record);
    let alone = 0;
    for (const [value, bytes] of lineage) {
      const holders = this.holders.get(value) ?? 0;
      this.holders.set(value, holders + 1);
      if (holders > 0) continue;
      this.bytes += bytes;
      alone += bytes;
    }
    return this.bytes > this.most && alone > record.bytes;
  }

  /** It does not any more. What is made from it has noted its lineage, or still can. */
  remove(record: TaskRecord): void {
    if (!this.results.delete(record)) return;
    for (const [value, bytes] of record.lineage ?? NONE) {
      const holders = (this.holders.get(value) as number) - 1;
      if (holders > 0) this.holders.set(value, holders);
      else {
        this.holders.delete(value);
        this.bytes -= bytes;
      }
    }
  }
}

function lineageOf({ args }: TaskRecord): Lineage {
  let lineage = NONE;
  let own: Map<object, number> | undefined;
  const add = (value: object, bytes: number): void => {
    if (bytes < SMALL || lineage.has(value)) return;
    own ??= new Map(lineage);
    own.set(value, bytes);
    lineage = own;
  };
  for (const arg of args) {
    if (arg instanceof SnapshotArgument) {
      if (arg.buffers === undefined || arg.buffers.length === 0) add(arg, arg.bytes);
      else for (const buffer of arg.buffers) add(buffer, buffer.byteLength);
    } else if (arg instanceof TaskRecord) {
      if (arg.hosted) add(arg, arg.bytes);
      else if (lineage.size === 0) lineage = arg.lineage ?? NONE;
      else for (const [value, bytes] of arg.lineage ?? NONE) add(value, bytes);
    }
  }
  return lineage;
}
