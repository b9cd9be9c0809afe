import { Packr } from 'msgpackr/index-no-eval';
import type { DesktopApi } from '../../core/worker/desktop-api.ts';

declare global {
  interface Window {
    /** Only on the desktop. */
    nibbleDesktop?: DesktopApi;
  }
}

/** A connection to a core of our own. */
export interface Channel {
  post(message: unknown): void;
  on(receive: (message: unknown) => void): void;
  /** Called once when the other side is gone; not after {@link close}. */
  onLost(handle: () => void): void;
  close(): void;
}

/** Same text as PORT_MESSAGE of the core, which the page must not load code from. */
const PORT_MESSAGE = 'nibble-core-port';

/** Connects to a fresh core: over the desktop's port, or over the server's WebSocket. */
export function openChannel(): Promise<Channel> {
  const desktop = window.nibbleDesktop;
  return desktop ? openPort(desktop) : openSocket();
}

function openPort(desktop: DesktopApi): Promise<Channel> {
  return new Promise((resolve) => {
    const receive = (event: MessageEvent): void => {
      const port = event.ports[0];
      if (event.source !== window || event.data !== PORT_MESSAGE || !port) return;
      window.removeEventListener('message', receive);
      resolve(portChannel(port));
    };
    window.addEventListener('message', receive);
    desktop.connect();
  });
}

function portChannel(port: MessagePort): Channel {
  return {
    post: (message) => port.postMessage(message),
    on: (receive) => {
      port.addEventListener('message', (event) => receive(event.data));
      port.start();
    },
    onLost: (handle) => port.addEventListener('close', handle),
    close: () => port.close(),
  };
}

function openSocket(): Promise<Channel> {
  const packr = new Packr({ structuredClone: true, useRecords: false });
  const socket = new WebSocket(`ws://${location.host}/rpc`);
  socket.binaryType = 'arraybuffer';
  return new Promise((resolve, reject) => {
    socket.addEventListener('error', () => reject(new Error('the core cannot be reached')), { once: true });
    socket.addEventListener(
      'open',
      () => {
        let closed = false;
        resolve({
          post: (message) => socket.send(new Uint8Array(packr.pack(message))),
          on: (receive) =>
            socket.addEventListener('message', (event) => {
              if (event.data instanceof ArrayBuffer) receive(packr.unpack(new Uint8Array(event.data)));
            }),
          onLost: (handle) => socket.addEventListener('close', () => closed || handle()),
          close: () => {
            closed = true;
            socket.close();
          },
        });
      },
      { once: true },
    );
  });
}
