import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DesktopApi } from '../core/worker/desktop-api.ts';
import { hostedReader } from '../core/worker/reader/hosted.ts';
import { CHANNELS, PAGE_ORIGIN } from './channels.ts';
import { fakeElectron, type FakeState } from './testing/fake-electron.ts';

let state: FakeState;
let folder: string;

beforeEach(async () => {
  const fake = fakeElectron();
  state = fake.state;
  vi.resetModules();
  vi.doMock('electron', () => fake.module);
  folder = await mkdtemp(join(tmpdir(), 'nibble-desktop-'));
  await writeFile(join(folder, 'index.html'), '<title>page</title>');
  const echo = `import { parentPort, workerData } from 'node:worker_threads';
    const { reader, ...data } = workerData;
    parentPort.on('message', (message) => parentPort.postMessage({ message, workerData: data }));`;
  await writeFile(join(folder, 'worker.mjs'), echo);
});

afterEach(async () => {
  state.app.emit('will-quit');
  await rm(folder, { recursive: true });
});

async function start() {
  const { startDesktop } = await import('./desktop.ts');
  await startDesktop({
    page: folder,
    preload: '/preload.cjs',
    worker: join(folder, 'worker.mjs'),
    reader: join(folder, 'reader.mjs'),
  });
  return state.windows[0];
}

/** The event of a message from a frame with this address. */
function from(url: string, parent: object | null = null) {
  return { sender: state.windows[0]?.webContents, senderFrame: { url, parent } };
}

function call(
  listeners: Map<string, (...args: never[]) => unknown>,
  channel: string,
  ...args: unknown[]
): unknown {
  const listener = listeners.get(channel) as ((...args: unknown[]) => unknown) | undefined;
  if (!listener) throw new Error(`nothing listens to ${channel}`);
  return listener(...args);
}

describe('the desktop shell', () => {
  it('opens one sandboxed, isolated window on its own scheme', async () => {
    const window = await start();
    expect(window?.url).toBe('app://studio/index.html');
    expect(window?.options.webPreferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
      preload: '/preload.cjs',
    });
    expect(state.app.sandboxed).toBe(true);
    expect(state.privileged).toEqual(['app']);
  });

  it('listens to the listed channels only', async () => {
    await start();
    expect([...state.listeners.keys(), ...state.handlers.keys()]).toEqual([
      CHANNELS.connect,
      CHANNELS.chooseModel,
    ]);
  });

  it.each([
    ['will-navigate', 'https://evil.example/'],
    ['will-navigate', 'file:///etc/passwd'],
    ['will-navigate', 'app://studio.evil.example/'],
    ['will-frame-navigate', 'https://evil.example/'],
    ['will-redirect', 'https://evil.example/'],
    ['will-attach-webview', ''],
  ])('refuses %s to %s', async (name, url) => {
    const window = await start();
    const preventDefault = vi.fn();
    window?.webContents.emit(name, { url, preventDefault });
    expect(preventDefault).toHaveBeenCalledOnce();
  });

  it('opens no windows and grants no permission but writing the clipboard', async () => {
    const window = await start();
    expect(window?.webContents.openHandler?.({ url: 'https://evil.example' })).toEqual({ action: 'deny' });
    const granted: string[] = [];
    const request = state.permissions.request as (
      c: unknown,
      p: string,
      answer: (ok: boolean) => void,
    ) => void;
    for (const permission of [
      'media',
      'geolocation',
      'openExternal',
      'clipboard-read',
      'clipboard-sanitized-write',
    ]) {
      request(null, permission, (ok) => ok && granted.push(permission));
    }
    expect(granted).toEqual(['clipboard-sanitized-write']);
    expect((state.permissions.device as () => boolean)()).toBe(false);
  });

  it.each([
    ['blob:app://studio/6f1c', 'app://studio/index.html', true],
    ['https://evil.example/a.png', 'app://studio/index.html', false],
    ['blob:https://evil.example/6f1c', 'app://studio/index.html', false],
    ['blob:app://studio.evil.example/6f1c', 'app://studio/index.html', false],
    ['app://studio/index.html', 'app://studio/index.html', false],
    ['data:text/plain,a', 'app://studio/index.html', false],
    ['blob:app://studio/6f1c', 'https://evil.example/', false],
  ])('of downloads from %s in %s', async (from, page, allowed) => {
    await start();
    const preventDefault = vi.fn();
    const setSaveDialogOptions = vi.fn();
    const item = { getURL: () => from, getFilename: () => '../..\\up/net.svg', setSaveDialogOptions };
    const listener = state.download as ((...args: unknown[]) => void) | undefined;
    listener?.({ preventDefault }, item, { getURL: () => page });
    expect(preventDefault).toHaveBeenCalledTimes(allowed ? 0 : 1);
    expect(setSaveDialogOptions.mock.calls).toEqual(
      allowed
        ? [
            [
              {
                defaultPath: 'net.svg',
                filters: [
                  { name: 'Picture', extensions: ['svg'] },
                  { name: 'All files', extensions: ['*'] },
                ],
              },
            ],
          ]
        : [],
    );
  });

  it('serves its page and nothing else', async () => {
    await start();
    const handler = state.schemes.get('app');
    const status = async (url: string) => (await handler?.(new Request(url)))?.status;
    const page = await handler?.(new Request('app://studio/'));
    expect(page?.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await status('app://studio/worker.mjs')).toBe(200);
    expect(await status('app://studio/%2e%2e/%2e%2e/etc/passwd')).toBe(404);
    expect(await status('app://other/index.html')).toBe(403);
  });

  it('ignores messages from other pages and from frames', async () => {
    await start();
    state.dialogAnswer = { canceled: false, filePaths: ['/m.onnx'] };
    for (const event of [
      from('https://evil.example/'),
      from(`${PAGE_ORIGIN}/`, {}),
      { ...from(''), senderFrame: null },
    ]) {
      expect(await call(state.handlers, CHANNELS.chooseModel, event)).toEqual([]);
      call(state.listeners, CHANNELS.connect, event);
    }
    expect(state.windows[0]?.webContents.posted).toEqual([]);
    expect(await call(state.handlers, CHANNELS.chooseModel, from(`${PAGE_ORIGIN}/index.html`))).toEqual([
      '/m.onnx',
    ]);
  });

  it('connects the page to a core of its own', async () => {
    const window = await start();
    call(state.listeners, CHANNELS.connect, from(`${PAGE_ORIGIN}/index.html`));
    const port = window?.webContents.posted[0]?.ports[0];
    const answer = await new Promise((resolve) => {
      port?.on('message', resolve);
      port?.postMessage('hello');
    });
    expect(answer).toMatchObject({ message: 'hello', workerData: { version: '9.9.9', paths: true } });
    const closed = new Promise((resolve) => port?.once('close', resolve));
    window?.webContents.emit('destroyed');
    await closed;
  });

  it('has models read by processes of their own, which end with their port', async () => {
    const echo = `import { parentPort } from 'node:worker_threads';
      parentPort.on('message', (message) => parentPort.postMessage({ kind: 'log', level: 'I', text: message.kind }));`;
    await writeFile(join(folder, 'reader.mjs'), echo);
    const { readerHost } = await import('./reader-host.ts');
    const reader = hostedReader(readerHost(join(folder, 'reader.mjs')))(512);
    const answer = new Promise((resolve) => reader.onAnswer(resolve));
    reader.post({ kind: 'read', choices: null });
    expect(await answer).toEqual({ kind: 'log', level: 'I', text: 'read' });
    const [utility] = state.utilities;
    expect(utility?.options).toMatchObject({ env: {}, execArgv: ['--max-old-space-size=512'] });
    await vi.waitFor(async () => expect(await reader.memory()).toBe(2 ** 20));
    const exit = new Promise((resolve) => utility?.once('exit', resolve));
    reader.end();
    await exit;
    expect(utility?.killed).toBe(true);
  });

  it('tells when a process that reads a model dies', async () => {
    await writeFile(join(folder, 'reader.mjs'), 'process.exit(1)');
    const { readerHost } = await import('./reader-host.ts');
    const reader = hostedReader(readerHost(join(folder, 'reader.mjs')))(512);
    await new Promise<void>((resolve) => reader.onEnd(resolve));
    reader.end();
  });

  it('is there once', async () => {
    const window = await start();
    state.app.emit('second-instance');
    expect(window?.focused).toBe(1);
    state.app.isFirst = false;
    await start();
    expect(state.windows).toHaveLength(1);
    expect(state.app.quitCalled).toBe(true);
  });

  it('passes menu commands to the page', async () => {
    const window = await start();
    const items = state.menu.flatMap(({ submenu }) => (Array.isArray(submenu) ? submenu : []));
    for (const item of items) (item.click as (() => void) | undefined)?.();
    expect(window?.webContents.sent).toEqual([
      [CHANNELS.menu, 'open'],
      [CHANNELS.menu, 'find'],
      [CHANNELS.menu, 'fit'],
    ]);
  });
});

describe('the preload script', () => {
  it('gives the page four functions and hands the port on to its own origin', async () => {
    const postMessage = vi.fn();
    vi.stubGlobal('window', { postMessage });
    await import('./preload.ts');
    const api = state.exposed.get('nibbleDesktop') as DesktopApi;
    expect(Object.keys(api).sort()).toEqual(['chooseModel', 'connect', 'onMenu', 'pathOf']);
    api.connect();
    expect(api.pathOf({ name: 'm.onnx' } as File)).toBe('/dropped/m.onnx');
    expect(await api.chooseModel()).toEqual(['/models/a.json']);
    expect(state.sent).toEqual([[CHANNELS.connect], [CHANNELS.chooseModel]]);
    const handle = vi.fn();
    api.onMenu(handle);
    call(state.page, CHANNELS.menu, {}, 'find');
    expect(handle).toHaveBeenCalledWith('find');
    call(state.page, CHANNELS.port, { ports: ['port'] });
    expect(postMessage).toHaveBeenCalledWith('nibble-core-port', PAGE_ORIGIN, ['port']);
    vi.unstubAllGlobals();
  });
});
