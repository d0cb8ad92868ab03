/** @file What runs in a worker thread: piscina calls this once, to attach the lane. */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { beginLane, type LaneSetup } from '@poniard/core/lane';
import { NodeFunctionCodec } from './functions/node-codec.js';

export default function attach({ port, setup }: { port: MessagePort; setup: LaneSetup }): void {
  const lane = beginLane(
    setup,
    {
      post: (message) => port.postMessage(message),
      poll: () => receiveMessageOnPort(port)?.message as unknown,
      later: (callback) => void setImmediate(callback),
    },
    new NodeFunctionCodec(),
    (specifier) => import(specifier),
  );
  port.on('message', (message: unknown) => lane.receive(message));
}
