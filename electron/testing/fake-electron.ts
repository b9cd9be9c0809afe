import { EventEmitter } from 'node:events';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import type {
  App,
  BrowserWindowConstructorOptions,
  Dialog,
  ForkOptions,
  IpcMain,
  IpcRenderer,
  Menu as ElectronMenu,
  MenuItemConstructorOptions,
  OpenDialogReturnValue,
  Protocol,
  Session,
  WebUtils,
} from 'electron';

/**
 * The part of Electron that the studio uses, for unit tests without its binary. Each object is checked
 * against Electron's own types, so that the double cannot drift away from the real thing.
 */
type Listener = (...args: never[]) => unknown;

/** What a test looks at and sets. */
export interface FakeState {
  app: FakeApp;
  windows: FakeWindow[];
  handlers: Map<string, Listener>;
  listeners: Map<string, Listener>;
  /** Page → main messages that the preload script sent. */
  sent: unknown[][];
  /** Main → page listeners of the preload script. */
  page: Map<string, Listener>;
  exposed: Map<string, unknown>;
  schemes: Map<string, (request: Request) => Response | Promise<Response>>;
  privileged: string[];
  permissions: Partial<Record<'request' | 'check' | 'device', Listener>>;
  menu: MenuItemConstructorOptions[];
  /** Listener to downloads. */
  download: Listener | undefined;
  dialogAnswer: OpenDialogReturnValue;
  utilities: FakeUtility[];
}

class FakeApp extends EventEmitter {
  sandboxed = false;
  quitCalled = false;
  isFirst = true;
  readonly enableSandbox: App['enableSandbox'] = () => void (this.sandboxed = true);
  readonly getVersion: App['getVersion'] = () => '9.9.9';
  readonly whenReady: App['whenReady'] = () => Promise.resolve();
  readonly requestSingleInstanceLock: App['requestSingleInstanceLock'] = () => this.isFirst;
  readonly getAppMetrics = () => [{ pid: 4711, memory: { workingSetSize: 1024 } }];
  readonly quit: App['quit'] = () => void (this.quitCalled = true);
}

/** Contents of a window; a test emits events on it. */
export class FakeContents extends EventEmitter {
  readonly id: number;
  readonly posted: { channel: string; ports: MessagePort[] }[] = [];
  readonly sent: unknown[][] = [];
  openHandler: ((details: { url: string }) => { action: string }) | undefined;

  constructor(id: number) {
    super();
    this.id = id;
  }

  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }): void {
    this.openHandler = handler;
  }

  postMessage(channel: string, _message: unknown, transfer: { port: MessagePort }[] = []): void {
    this.posted.push({ channel, ports: transfer.map(({ port }) => port) });
  }

  send(...message: unknown[]): void {
    this.sent.push(message);
  }
}

class FakeWindow extends EventEmitter {
  static state: FakeState;
  readonly options: BrowserWindowConstructorOptions;
  readonly webContents: FakeContents;
  url = '';
  focused = 0;

  constructor(options: BrowserWindowConstructorOptions = {}) {
    super();
    this.options = options;
    this.webContents = new FakeContents(FakeWindow.state.windows.length + 1);
    FakeWindow.state.windows.push(this);
    FakeWindow.state.app.emit('web-contents-created', {}, this.webContents);
  }

  static getAllWindows(): FakeWindow[] {
    return FakeWindow.state.windows;
  }

  static fromWebContents(contents: FakeContents): FakeWindow | null {
    return FakeWindow.state.windows.find((window) => window.webContents === contents) ?? null;
  }

  loadURL(url: string): Promise<void> {
    this.url = url;
    this.emit('ready-to-show');
    return Promise.resolve();
  }

  show(): void {}
  isMinimized(): boolean {
    return false;
  }
  restore(): void {}
  focus(): void {
    this.focused++;
  }
}

/** A utility process as a thread; its script posts to `parentPort`. */
class FakeUtility extends EventEmitter {
  readonly pid = 4711;
  killed = false;
  private readonly thread: Worker;

  constructor(
    script: string,
    readonly options: ForkOptions,
  ) {
    super();
    this.thread = new Worker(script);
    this.thread.on('message', (message) => this.emit('message', message));
    this.thread.on('exit', () => this.emit('exit', 0));
  }

  postMessage(message: unknown): void {
    this.thread.postMessage(message);
  }

  kill(): boolean {
    this.killed = true;
    void this.thread.terminate();
    return true;
  }
}

/** Electron's port with its EventEmitter face, over Node's. */
class FakePort extends EventEmitter {
  readonly port: MessagePort;

  constructor(port: MessagePort) {
    super();
    this.port = port;
    port.on('close', () => this.emit('close'));
  }

  start(): void {
    this.port.on('message', (data) => this.emit('message', { data, ports: [] }));
  }

  postMessage(message: unknown): void {
    this.port.postMessage(message);
  }

  close(): void {
    this.port.close();
  }
}

class FakeMessageChannel {
  readonly port1: FakePort;
  readonly port2: FakePort;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.port1 = new FakePort(port1);
    this.port2 = new FakePort(port2);
  }
}

/** A fresh double of the `electron` module, and the state behind it. */
export function fakeElectron() {
  const state: FakeState = {
    app: new FakeApp(),
    windows: [],
    handlers: new Map(),
    listeners: new Map(),
    sent: [],
    page: new Map(),
    exposed: new Map(),
    schemes: new Map(),
    privileged: [],
    permissions: {},
    menu: [],
    download: undefined,
    dialogAnswer: { canceled: true, filePaths: [] },
    utilities: [],
  };
  FakeWindow.state = state;
  const module = {
    app: state.app,
    BrowserWindow: FakeWindow,
    MessageChannelMain: FakeMessageChannel,
    utilityProcess: {
      fork: (script: string, _arguments: string[], options: ForkOptions) => {
        const utility = new FakeUtility(script, options);
        state.utilities.push(utility);
        return utility;
      },
    },
    ...mainSide(state),
    ...pageSide(state),
  };
  return { state, module };
}

function mainSide(state: FakeState) {
  const ipcMain = {
    on: (channel: string, listener: Listener) => void state.listeners.set(channel, listener),
    handle: (channel: string, listener: Listener) => {
      if (state.handlers.has(channel)) throw new Error(`two handlers for ${channel}`);
      state.handlers.set(channel, listener);
    },
  } satisfies Record<keyof Pick<IpcMain, 'on' | 'handle'>, unknown>;
  const protocol = {
    registerSchemesAsPrivileged: (schemes) =>
      void state.privileged.push(...schemes.map(({ scheme }) => scheme)),
    handle: (scheme, handler) => void state.schemes.set(scheme, handler),
  } satisfies Pick<Protocol, 'registerSchemesAsPrivileged' | 'handle'>;
  const defaultSession = {
    setPermissionRequestHandler: (handler) => void (state.permissions.request = handler ?? undefined),
    setPermissionCheckHandler: (handler) => void (state.permissions.check = handler ?? undefined),
    setDevicePermissionHandler: (handler) => void (state.permissions.device = handler ?? undefined),
    on: (event: string, listener: Listener) => {
      if (event === 'will-download') state.download = listener;
    },
  } satisfies Pick<
    Session,
    'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler'
  > &
    Record<keyof Pick<Session, 'on'>, unknown>;
  const dialog = { showOpenDialog: () => Promise.resolve(state.dialogAnswer) } satisfies Pick<
    Dialog,
    'showOpenDialog'
  >;
  const Menu = {
    buildFromTemplate: (template: MenuItemConstructorOptions[]) => template,
    setApplicationMenu: (template: MenuItemConstructorOptions[]) => void (state.menu = template),
  } satisfies Record<keyof Pick<typeof ElectronMenu, 'buildFromTemplate' | 'setApplicationMenu'>, unknown>;
  return { ipcMain, protocol, session: { defaultSession }, dialog, Menu };
}

function pageSide(state: FakeState) {
  const ipcRenderer = {
    send: (...message: unknown[]) => void state.sent.push(message),
    invoke: (...message: unknown[]) => {
      state.sent.push(message);
      return Promise.resolve(['/models/a.json']);
    },
    on: (channel: string, listener: Listener) => void state.page.set(channel, listener),
  } satisfies Record<keyof Pick<IpcRenderer, 'send' | 'invoke' | 'on'>, unknown>;
  const contextBridge = {
    exposeInMainWorld: (name: string, api: unknown) => void state.exposed.set(name, api),
  };
  const webUtils = { getPathForFile: (file) => `/dropped/${file.name}` } satisfies Pick<
    WebUtils,
    'getPathForFile'
  >;
  return { ipcRenderer, contextBridge, webUtils };
}
