import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Phase, TaskRecord } from './record.js';
import { Driver, processors } from './testing/driver.js';
import { PhaseWatch } from './testing/phase-watch.js';
import { one } from './testing/tasks.js';
import { MOVES, mayMove, mermaid } from './transitions.js';

describe('the table of moves', () => {
  it('has each move once', () => {
    const moves = MOVES.map(({ from, to }) => `${from} ${to}`);
    expect(new Set(moves).size).toBe(moves.length);
  });

  it('leads to every phase, and nothing leads out of a failure or a cancellation', () => {
    expect(new Set(MOVES.map(({ to }) => to))).toEqual(new Set(Object.keys(Phase)));
    expect(MOVES.filter(({ from }) => from === 'Failed' || from === 'Cancelled')).toEqual([]);
  });

  it('is what the diagram in the documentation shows', () => {
    const url = new URL('../../../../docs/scheduler.md', import.meta.url);
    const [, diagram] = /```mermaid\n(.*?)\n```/s.exec(readFileSync(url, 'utf8')) ?? [];
    expect(diagram).toBe(mermaid());
  });
});

describe('the watch over phases', () => {
  const settings = () => new Driver(processors(1)).spawn(one).settings;
  const watched = (): { record: TaskRecord; watch: PhaseWatch } => {
    const watch = new PhaseWatch();
    const record = new TaskRecord(1, new Driver().fn(one), [], settings());
    watch.watch(record);
    return { record, watch };
  };

  it('refuses a move that is not in the table', () => {
    expect(mayMove(Phase.Failed, Phase.Waiting)).toBe(false);
    const { record } = watched();
    record.phase = Phase.Failed;
    expect(() => {
      record.phase = Phase.Sent;
    }).toThrow('no move in the table leads from Failed to Sent');
  });

  it('lets a task pass through Waiting on its way', () => {
    const { record, watch } = watched();
    record.phase = Phase.Queued;
    record.phase = Phase.Waiting;
    record.phase = Phase.Sent;
    watch.settle();
    expect(record.phase).toBe(Phase.Sent);
  });

  it('looks at what has stayed waiting when the event is over', () => {
    const { record, watch } = watched();
    record.phase = Phase.Cancelled;
    record.phase = Phase.Waiting;
    expect(() => watch.settle()).toThrow('from Cancelled to Waiting');
  });
});
