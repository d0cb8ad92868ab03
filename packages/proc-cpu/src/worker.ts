/** @file What runs in a worker thread: piscina calls this once, to attach the lane. Loads as little as it can. */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { beginLane, type LaneSetup } from '@poniard/core/lane';
import { moduleImporter } from './functions/import-module.js';
import { LateFunctionCodec } from './functions/late-codec.js';
import { installWarnOnce, WARNING } from './warn-once.js';

// Awaited at the top, which also keeps piscina from loading this file by `require` (it tries that first): where tsx has
// taught `require` to take ES modules, everything would be here twice, and a task's `spawn` be that of a runtime of its own.
const importModule = await moduleImporter();

export default function attach({ port, setup }: { port: MessagePort; setup: LaneSetup }): void {
  const codec = new LateFunctionCodec();
  const lane = beginLane(
    setup,
    {
      post: (message) => port.postMessage(message),
      poll: () => receiveMessageOnPort(port)?.message as unknown,
      later: (callback) => void setImmediate(callback),
    },
    codec,
    codec.importing(importModule),
  );
  installWarnOnce((message, code) => port.postMessage([WARNING, message, code]));
  port.on('message', (message: unknown) => lane.receive(message));
}
