/** @file Wires a runtime's ports by tsyringe: defaults, what plug-ins register, and what the user's container holds. */
import '@abraham/reflection';
import type { DependencyContainer, InjectionToken } from 'tsyringe';
import { childContainer } from './container.js';
import { PoniardError } from './errors.js';
import { EventStream, SinkPair } from './events.js';
import { Closures } from './functions/closures.js';
import { FunctionRegistry } from './functions/registry.js';
import { SourceFunctionCodec } from './functions/source-codec.js';
import { SystemClock, SystemHost, TimerKeepAlive } from './host.js';
import { MemoryStore } from './memory-store.js';
import type { Plugin } from './plugin.js';
import {
  CLOCK,
  EVENT_SINK,
  FUNCTION_CODEC,
  HOST,
  KEEP_ALIVE,
  MOVER,
  PLACEMENT_POLICY,
  PROCESSOR_PROVIDER,
  STORE,
  VALUE_CODEC,
} from './ports.js';
import type { Mover, ProcessorProvider } from './processor.js';
import { EarliestFinish } from './scheduler/placement.js';
import type { ShellPorts } from './scheduler/shell.js';
import { sharedBuffers } from './values/shared-buffers.js';

/** How many events `debug` keeps. */
const STORY = 100_000;

export interface Wiring {
  readonly ports: ShellPorts;
  readonly providers: readonly ProcessorProvider[];
  readonly movers: readonly Mover[];
  readonly events: EventStream;
}

export interface WiringOptions {
  readonly plugins: readonly Plugin[];
  readonly container: DependencyContainer | undefined;
  readonly debug: boolean;
}

export function wire({ plugins, container: parent, debug }: WiringOptions): Wiring {
  const container = childContainer(parent);
  for (const plugin of plugins) {
    if (typeof plugin?.register !== 'function') {
      throw new TypeError(
        'createRuntime: a plugin must be an object such as cpuThreads(), with a name and register()',
      );
    }
    try {
      plugin.register(container);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new PoniardError(`the plugin ${plugin.name} could not register: ${reason}`, { cause: error });
    }
  }
  const one = <T>(token: InjectionToken<T>, standard: () => T): T =>
    container.isRegistered(token, true) ? container.resolve(token) : standard();
  const all = <T>(token: InjectionToken<T>): T[] =>
    container.isRegistered(token, true) ? container.resolveAll(token) : [];
  const events = new EventStream(debug ? STORY : 0);
  const functionCodec = one(FUNCTION_CODEC, () => new SourceFunctionCodec());
  const valueCodecs = all(VALUE_CODEC);
  const ports: ShellPorts = {
    clock: one(CLOCK, () => new SystemClock()),
    keepAlive: one(KEEP_ALIVE, () => new TimerKeepAlive()),
    host: one(HOST, () => new SystemHost()),
    sink: container.isRegistered(EVENT_SINK, true)
      ? new SinkPair(events, container.resolve(EVENT_SINK))
      : events,
    store: one(STORE, () => new MemoryStore()),
    policy: one(PLACEMENT_POLICY, () => new EarliestFinish()),
    functionCodec,
    valueCodecs,
    registry: new FunctionRegistry(new Closures(functionCodec, () => valueCodecs, sharedBuffers)),
  };
  return { ports, providers: all(PROCESSOR_PROVIDER), movers: all(MOVER), events };
}
