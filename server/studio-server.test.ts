import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { openCommand, hasDisplay } from './open-browser.ts';
import { startStudioServer, type StudioServer } from './studio-server.ts';

let folder: string;
let server: StudioServer;
let cookie: string;

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** A request as no browser would send it: the path goes out as it is. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: server.port, path, headers, method }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** Whether a WebSocket gets through. */
function connects(path: string, headers: Record<string, string>): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers });
    socket.on('open', () => {
      socket.terminate();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nibble-server-'));
  const page = join(folder, 'page');
  await mkdir(join(page, 'assets'), { recursive: true });
  await writeFile(join(page, 'index.html'), '<title>page</title>');
  await writeFile(join(page, 'assets/a.js'), 'a');
  await writeFile(join(folder, 'secret.txt'), 'secret');
  await writeFile(join(folder, 'worker.mjs'), 'setInterval(() => {}, 1000);');
  const worker = join(folder, 'worker.mjs');
  server = await startStudioServer({ port: 0, version: '0', page, worker, projects: folder, data: folder });
  const first = await get(new URL(server.url).pathname + new URL(server.url).search);
  cookie = String(first.headers['set-cookie']?.[0]).split(';')[0] ?? '';
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

describe('the loopback server', () => {
  it('lets nobody in without the token, and the token works once', async () => {
    expect((await get('/')).status).toBe(403);
    expect((await get('/?t=wrong')).status).toBe(403);
    expect((await get(new URL(server.url).search.replace('?', '/?'))).status).toBe(403);
    expect((await get('/assets/a.js')).status).toBe(403);
    expect((await get('/', { cookie: 'nibble_1=x' })).status).toBe(403);
    expect((await get('/', { cookie })).body).toContain('page');
  });

  it('sets a strict cookie and a strict policy', async () => {
    const { headers } = await get('/', { cookie });
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(cookie).toMatch(/^nibble_\d+=[\w-]{32}$/);
  });

  it.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '//etc/passwd',
    '/assets',
    '/\0',
  ])('serves nothing but the page: %s', async (path) => {
    const { status, body } = await get(encodeURI(path).replaceAll('%25', '%'), { cookie });
    expect([400, 403, 404]).toContain(status);
    expect(body).not.toContain('secret');
  });

  it('refuses other names of this host and other methods', async () => {
    expect((await get('/', { cookie, host: 'evil.example' })).status).toBe(421);
    expect((await get('/', { cookie, host: `evil.example:${server.port}` })).status).toBe(421);
    expect((await get('/', { cookie }, 'POST')).status).toBe(405);
  });

  it('opens a socket for its own page only', async () => {
    const origin = `http://127.0.0.1:${server.port}`;
    expect(await connects('/rpc', { cookie, origin })).toBe(true);
    expect(await connects('/rpc', { origin })).toBe(false);
    expect(await connects('/rpc', { cookie })).toBe(false);
    expect(await connects('/rpc', { cookie, origin: 'http://evil.example' })).toBe(false);
    expect(await connects('/rpc', { cookie, origin: 'null' })).toBe(false);
    expect(await connects('/other', { cookie, origin })).toBe(false);
  });
});

describe('opening a browser', () => {
  it('knows when there is a display and what to start', () => {
    expect(hasDisplay({}, 'linux')).toBe(false);
    expect(hasDisplay({ WAYLAND_DISPLAY: 'w' }, 'linux')).toBe(true);
    expect(hasDisplay({}, 'darwin')).toBe(true);
    expect(openCommand('http://x/?t=1', 'linux')).toEqual(['xdg-open', ['http://x/?t=1']]);
    expect(openCommand('http://x/?a&b', 'win32')[1].at(-1)).toBe('http://x/?a^&b');
  });
});
