import { describe, expect, test } from 'vitest';
import { CallTimes } from './call-times.js';

const call = (sort: string, micros?: number) => ({
  sort,
  section: micros === undefined ? undefined : { micros },
});

describe('the time of calls that go to a device together', () => {
  test('is shared equally where nothing is known of them', () => {
    expect(new CallTimes().share([call('a'), call('b')], 100)).toEqual([50, 50]);
  });

  test('is their own where they were timed by themselves, and their sort’s where others of it were', () => {
    const times = new CallTimes();
    for (const sort of ['dear', 'cheap']) times.wants(sort);
    expect(times.share([call('dear', 900), call('cheap', 10)], 920)).toEqual([900, 10]);
    expect(times.share([call('dear'), call('cheap'), call('cheap')], 930)).toEqual([900, 10, 10]);
  });

  test('is what is left for those of an unknown sort, and never below nothing', () => {
    const times = new CallTimes();
    times.wants('known');
    times.share([call('known', 60)], 60);
    expect(times.share([call('known'), call('new'), call('new')], 100)).toEqual([60, 20, 20]);
    expect(times.share([call('known'), call('new')], 50)).toEqual([60, 0]);
  });

  test('is asked for a few times at first, and then seldom', () => {
    const times = new CallTimes();
    const asked = Array.from({ length: 100 }, () => times.wants('a')).filter(Boolean);
    expect(asked.length).toBe(4 + 6);
    expect(times.wants('b')).toBe(true);
  });
});
