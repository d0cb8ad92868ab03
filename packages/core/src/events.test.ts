import { describe, expect, it } from 'vitest';
import { EventStream, type PoniardEvent } from './events.js';

const event = (
  task: number,
  type: PoniardEvent['type'] = 'task:spawn',
  more: Partial<PoniardEvent> = {},
): PoniardEvent => ({
  type,
  time: task * 1000,
  task,
  name: `task${task}`,
  ...more,
});

describe('the event stream', () => {
  it('is active while someone listens', () => {
    const stream = new EventStream();
    expect(stream.active).toBe(false);
    const stop = stream.subscribe(() => {});
    expect(stream.active).toBe(true);
    stop();
    expect(stream.active).toBe(false);
  });

  it('tells every listener, until it stops', () => {
    const stream = new EventStream();
    const heard: (number | undefined)[][] = [[], []];
    const stops = heard.map((list) => stream.subscribe(({ task }) => list.push(task)));
    stream.emit(event(1));
    stops[0]?.();
    stream.emit(event(2));
    expect(heard).toEqual([[1], [1, 2]]);
  });

  it('keeps nothing unless it is told to', () => {
    const stream = new EventStream();
    stream.emit(event(1));
    expect(stream.story()).toBe('');
  });

  it('tells the story of one task, or of all', () => {
    const stream = new EventStream(10);
    stream.emit(event(1));
    stream.emit(event(2, 'task:assigned', { processor: 'cpu:0' }));
    stream.emit(event(2, 'task:error', { error: new Error('boom'), time: 2500 }));
    stream.emit(event(1, 'chunk:move', { bytes: 100, processor: 'cpu:0', time: 3000 }));
    expect(stream.story(2).split('\n')).toEqual([
      '    0.000 ms  task:assigned task2 (#2) on cpu:0',
      '    0.500 ms  task:error task2 (#2): Error: boom',
    ]);
    expect(stream.story().split('\n')).toHaveLength(4);
    expect(stream.story(1)).toContain('2.000 ms  chunk:move task1 (#1) on cpu:0, 100 bytes');
  });

  it('keeps the last ones, however many come', () => {
    const stream = new EventStream(100);
    for (let i = 0; i < 10_000; i++) stream.emit(event(i));
    const lines = stream.story().split('\n');
    expect(lines.length).toBeGreaterThanOrEqual(100);
    expect(lines.length).toBeLessThanOrEqual(200);
    expect(lines.at(-1)).toContain('#9999');
  });
});
