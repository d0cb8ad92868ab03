/** @file What runs in a worker thread: piscina calls this once, to attach the lane. Loads as little as it can. */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { AnyFunction, EncodedFunction, FunctionCodec } from '@poniard/core';
import { beginLane, type LaneSetup } from '@poniard/core/lane';
import { moduleImporter } from './functions/import-module.js';

export default async function attach({
  port,
  setup,
}: {
  port: MessagePort;
  setup: LaneSetup;
}): Promise<void> {
  const lane = beginLane(
    setup,
    {
      post: (message) => port.postMessage(message),
      poll: () => receiveMessageOnPort(port)?.message as unknown,
      later: (callback) => void setImmediate(callback),
    },
    new LateFunctionCodec(),
    await moduleImporter(),
  );
  port.on('message', (message: unknown) => lane.receive(message));
}

/** Node's codec, loaded when a task first spawns one of its own: a worker's start does not pay for it. */
class LateFunctionCodec implements FunctionCodec {
  private codec: Promise<FunctionCodec> | undefined = undefined;

  async encode(fn: AnyFunction): Promise<EncodedFunction> {
    this.codec ??= import('./functions/node-codec.js').then(
      ({ NodeFunctionCodec }) => new NodeFunctionCodec(),
    );
    return (await this.codec).encode(fn);
  }
}
