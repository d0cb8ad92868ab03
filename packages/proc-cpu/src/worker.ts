/** @file What runs in a worker thread: piscina calls this once, to attach the lane. Loads as little as it can. */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { beginLane, type LaneSetup } from '@poniard/core/lane';
import { moduleImporter } from './functions/import-module.js';
import { LateFunctionCodec } from './functions/late-codec.js';

export default async function attach({
  port,
  setup,
}: {
  port: MessagePort;
  setup: LaneSetup;
}): Promise<void> {
  const codec = new LateFunctionCodec();
  const lane = beginLane(
    setup,
    {
      post: (message) => port.postMessage(message),
      poll: () => receiveMessageOnPort(port)?.message as unknown,
      later: (callback) => void setImmediate(callback),
    },
    codec,
    codec.importing(await moduleImporter()),
  );
  port.on('message', (message: unknown) => lane.receive(message));
}
