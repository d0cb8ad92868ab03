/** @file A plug-in of fakes. */
import {
  CLOCK,
  type Clock,
  HOST,
  type Host,
  KEEP_ALIVE,
  type KeepAlive,
  PLACEMENT_POLICY,
  type PlacementPolicy,
  type Plugin,
  PROCESSOR_PROVIDER,
  STORE,
  type Store,
} from '@poniard/core';
import type { FakeProcessor } from './processor.js';

export interface Fakes {
  readonly processors?: readonly FakeProcessor[];
  readonly clock?: Clock;
  readonly keepAlive?: KeepAlive;
  readonly host?: Host;
  readonly store?: Store;
  readonly policy?: PlacementPolicy;
}

/** Replaces the ports that are given, and brings the processors. */
export function fakes({ processors, clock, keepAlive, host, store, policy }: Fakes): Plugin {
  return {
    name: 'fakes',
    register(container) {
      const put = <T>(token: symbol, value: T | undefined): void => {
        if (value !== undefined) container.register(token, { useValue: value });
      };
      put(CLOCK as symbol, clock);
      put(KEEP_ALIVE as symbol, keepAlive);
      put(HOST as symbol, host);
      put(STORE as symbol, store);
      put(PLACEMENT_POLICY as symbol, policy);
      if (processors === undefined) return;
      put(PROCESSOR_PROVIDER as symbol, {
        name: 'fakes',
        start(runtime: { addMover(mover: unknown): void }) {
          for (const { space } of processors) if (space.id !== 'host') runtime.addMover(space.mover);
          return processors;
        },
      });
    },
  };
}
