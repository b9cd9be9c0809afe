import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { Packr } from 'msgpackr';
import { WebSocketServer, type WebSocket } from 'ws';
import { freeLock, newLockBoard } from '../core/worker/lock-board.ts';
import { readPageFiles } from '../core/worker/page-files.ts';
import { MAX_IMPORT_BYTES } from '../core/worker/validate.ts';
import { answer, type Site } from './http.ts';
import { cookieOf, isOurOrigin, Sessions } from './session.ts';

/** What a server is started from. */
export interface StudioServerOptions {
  /** 0 = any free one. */
  port: number;
  version: string;
  /** Folder of the built page. */
  page: string;
  /** The built core/worker/worker.ts. */
  worker: string | URL;
  /** Folder of the projects. */
  projects: string;
  /** The user's data folder. */
  data: string;
  /** A token that stays valid, for tests. */
  token?: string;
}

/** A running server. */
export interface StudioServer {
  /** Address that opens the studio, token included. */
  url: string;
  port: number;
  close(): Promise<void>;
}

/** The studio for a browser on this computer: loopback only, one core thread per page. */
export async function startStudioServer(options: StudioServerOptions): Promise<StudioServer> {
  const files = await readPageFiles(options.page);
  const site: Site = { port: 0, sessions: new Sessions(options.token), files };
  const http = createServer((request, response) => answer(site, request, response));
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    // A little more than the files: names and framing come on top.
    maxPayload: MAX_IMPORT_BYTES + 2 ** 20,
  });
  http.on('upgrade', (request, socket, head) => {
    if (!mayConnect(site, request)) return reject(socket);
    sockets.handleUpgrade(request, socket, head, (connection) => serve(connection, options));
  });
  site.port = await listen(http, options.port);
  const url = `http://127.0.0.1:${site.port}/?t=${site.sessions.current}`;
  return { url, port: site.port, close: () => close(http, sockets) };
}

function mayConnect(site: Site, request: IncomingMessage): boolean {
  return (
    request.url === '/rpc' &&
    isOurOrigin(request, site.port) &&
    site.sessions.has(cookieOf(request, site.port))
  );
}

/** Gives a page its own core thread; both end together. */
function serve(socket: WebSocket, { version, worker, projects, data }: StudioServerOptions): void {
  const packr = new Packr({ structuredClone: true, useRecords: false });
  // The browser may only send bytes: it has no business naming files of this computer.
  const lock = newLockBoard();
  const core = new Worker(worker, { workerData: { version, paths: false, projects, data, lock } });
  core.once('exit', () => freeLock(lock));
  socket.binaryType = 'nodebuffer';
  socket.on('message', (data, binary) => {
    if (!binary || !Buffer.isBuffer(data)) return socket.close(1003);
    try {
      core.postMessage(packr.unpack(data));
    } catch {
      socket.close(1007);
    }
  });
  core.on('message', (message) => socket.send(packr.pack(message)));
  core.on('error', () => socket.close(1011, 'the core stopped'));
  core.on('exit', () => socket.close(1011));
  socket.on('error', () => socket.terminate());
  socket.on('close', () => void core.terminate());
}

function reject(socket: Duplex): void {
  socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
}

function listen(http: Server, port: number): Promise<number> {
  return new Promise((resolve, fail) => {
    http.once('error', fail);
    http.listen(port, '127.0.0.1', () => {
      const address = http.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}

async function close(http: Server, sockets: WebSocketServer): Promise<void> {
  for (const client of sockets.clients) client.terminate();
  const closed = new Promise<void>((resolve) => http.close(() => resolve()));
  http.closeAllConnections();
  await closed;
}
