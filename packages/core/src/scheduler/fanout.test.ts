import { describe, expect, it } from 'vitest';
import { Driver, processors } from './testing/driver.js';

const one = (): number => 1;
const inc = (x: number): number => x + 1;

describe('fan-out', () => {
  it('P4. tasks that were queued behind a shared input are spread when it is there', () => {
    const both = processors(2, { queues: true });
    const driver = new Driver(both);
    const root = driver.spawn(one);
    const fan = Array.from({ length: 100 }, () => driver.spawn(inc, [root]));
    const [a, b] = both;
    const maker = a!.calls.length > 0 ? a! : b!;
    maker.finish();
    console.log(a!.calls.length, b!.calls.length, driver.place(a!).backlogCount, driver.place(b!).backlogCount);
    expect(fan.length).toBe(100);
    const other = maker === a ? b! : a!;
    expect(other.calls.length).toBeGreaterThan(0);
  });
});
