/** @file Ctrl-C, seen from outside: programs that get a SIGINT. */
import type { ChildProcess } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { type Ended, run } from './programs.js';

/** Interrupts the program as often as `times` says, each time when it has printed something new. */
function interrupt(what: string, times = 1): Promise<Ended> {
  let left = times;
  const onOutput = (child: ChildProcess): void => {
    if (left-- > 0) child.kill('SIGINT');
  };
  return run('interrupted.mjs', [what], [], {}, onOutput);
}

describe('Ctrl-C', () => {
  it('O5. ends a program that is busy, naming what was running and what waited', async () => {
    const { code, signal, output, errors } = await interrupt('crunch');
    expect({ code, signal, output }).toEqual({ code: null, signal: 'SIGINT', output: 'ready\n' });
    expect(errors).toMatch(/^Interrupted: 1 task was running, 1 waited:\n {2}crunch \(#\d+\) on cpu:[01]\n$/);
  });

  it('O5. names parents that wait for their tasks', async () => {
    const { signal, errors } = await interrupt('parent');
    expect(signal).toBe('SIGINT');
    expect(errors).toMatch(/parent \(#\d+\) on cpu:[01], waiting for a task of its own\n/);
    expect(errors).toMatch(/anonymous \(#\d+\) on cpu:[01]\n/);
  });

  it('O5. gives tasks that listen the time to tidy up', async () => {
    const { signal, output } = await interrupt('tidy');
    expect({ signal, output }).toEqual({
      signal: 'SIGINT',
      output: 'ready\ntidied up: the program was interrupted\n',
    });
  });

  it('O5. ends a program that has nothing to do, as if nobody listened', async () => {
    const { signal, errors } = await interrupt('idle');
    expect({ signal, errors }).toEqual({ signal: 'SIGINT', errors: '' });
  });

  it('O5. a second one ends it at once', async () => {
    const { signal, errors } = await interrupt('crunch', 2);
    expect(signal).toBe('SIGINT');
    expect(errors).toMatch(/^Interrupted/);
  });

  it('O5. is left to a program that listens itself', async () => {
    const { code, output, errors } = await interrupt('own');
    expect({ code, output, errors }).toEqual({ code: 7, output: 'ready\nits own way\n', errors: '' });
  });
});
