/**
 * @file Loaded before a program that `poniard explain` runs: keeps the accounts of all runtimes that it makes, and prints
 * them when it ends.
 */
import { writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { EVENT_SINK } from '@poniard/core';
import { container } from 'tsyringe';
import { Ledger } from './ledger.js';

if (isMainThread) {
  const ledgers: Ledger[] = [];
  // In the container that those of all runtimes are children of.
  container.register(EVENT_SINK, {
    useFactory: () => {
      const ledger = new Ledger();
      ledgers.push(ledger);
      return ledger;
    },
  });
  process.on('exit', () => {
    const used = ledgers.filter(({ empty }) => !empty);
    const title = (at: number): string =>
      used.length === 1 ? 'Where tasks ran' : `Where tasks ran, runtime ${at + 1}`;
    for (const [at, ledger] of used.entries()) writeSync(1, `\n── ${title(at)} ──\n\n${ledger}\n`);
    if (used.length === 0) writeSync(1, '\nNo task was spawned.\n');
  });
}
