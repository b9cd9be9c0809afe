import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { ReaderProcess } from './read.ts';
import type { ReaderAnswer } from './wire.ts';

/** What the thread of the core asks its host for: a process that reads a model, behind this port. */
export interface ReaderOrder {
  heapMegabytes: number;
  port: MessagePort;
}

/** What comes through the port of a {@link ReaderOrder} beside answers. */
export type HostNote = { kind: 'ended' } | { kind: 'memory'; bytes: number };

/** Has the host start the process, where only the host can: utility processes of Electron. @param host port to the host */
export function hostedReader(host: MessagePort): (heapMegabytes: number) => ReaderProcess {
  return (heapMegabytes) => {
    const { port1, port2 } = new MessageChannel();
    const order: ReaderOrder = { heapMegabytes, port: port2 };
    host.postMessage(order, [port2]);
    let held: number | undefined;
    let ended: () => void = () => undefined;
    let hear: (answer: ReaderAnswer) => void = () => undefined;
    port1.on('message', (message: ReaderAnswer | HostNote) => {
      if (message.kind === 'ended') ended();
      else if (message.kind === 'memory') held = message.bytes;
      else hear(message);
    });
    return {
      post: (request) => port1.postMessage(request),
      onAnswer: (listener) => void (hear = listener),
      onEnd: (listener) => void (ended = listener),
      memory: async () => held,
      end: () => port1.close(),
    };
  };
}
