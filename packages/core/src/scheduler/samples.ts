/**
 * @file One object of each shape that a task's way needs, kept by every runtime. At a full collection V8 forgets what it
 * has compiled for a shape of which there is no object. A program that lets all its tasks go now and then would begin
 * cold each time: a chain then took 10 µs a link instead of 1.3, three hops of an array 0.9 ms instead of 0.3.
 */
import { GIVEN } from '../functions/registry.js';
import { resolveSettings } from '../settings.js';
import { Restorer } from '../values/restore.js';
import { Walker } from '../values/walker.js';
import { SnapshotArgument, StoredValue } from './arguments.js';
import { TaskRecord } from './record.js';
import { NOTHING } from './state.js';

export function sampleRecord(): TaskRecord {
  const record = new TaskRecord(0, GIVEN, NOTHING, resolveSettings([], NOTHING));
  // The part that few tasks have.
  record.bytes = 1;
  return record;
}

/** What stands for values, and what works while they cross. */
export function samples(): readonly object[] {
  const unused = { drop() {}, read() {} };
  return [
    new SnapshotArgument(undefined, undefined, undefined, 0),
    new StoredValue(unused),
    new Walker({ codecs: [], label: '', copy: true }, true, new Map(), false),
    new Restorer(() => {
      throw new TypeError('a sample restores nothing');
    }, undefined),
  ];
}
