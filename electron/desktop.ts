import { app, BrowserWindow, dialog, ipcMain, protocol, session } from 'electron';
import { FORMATS } from '../core/worker/formats.ts';
import { userDataFolder } from '../core/worker/user-data.ts';
import { readPageFiles } from '../core/worker/page-files.ts';
import { CHANNELS, PAGE_ORIGIN, PAGE_SCHEME } from './channels.ts';
import { CoreBridge } from './core-bridge.ts';
import { allowOwnDownloads } from './downloads.ts';
import { installMenu } from './menu.ts';
import { pageHandler } from './page-protocol.ts';
import { confine, denyPermissions, isTrusted, WEB_PREFERENCES } from './security.ts';

/** Where the built parts are. */
export interface DesktopPaths {
  page: string;
  preload: string;
  worker: string;
  /** Entry of the processes that read models. */
  reader: string;
}

/** Starts the desktop studio. A second start only brings the first one's window to the front. */
export async function startDesktop(paths: DesktopPaths): Promise<void> {
  protocol.registerSchemesAsPrivileged([
    { scheme: PAGE_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
  if (!app.requestSingleInstanceLock()) return app.quit();
  app.enableSandbox();
  app.on('web-contents-created', (_event, contents) => confine(contents));
  app.on('window-all-closed', () => app.quit());
  app.on('second-instance', () => {
    const [window] = BrowserWindow.getAllWindows();
    if (window?.isMinimized()) window.restore();
    window?.focus();
  });
  await app.whenReady();
  const bridge = new CoreBridge(paths.worker, paths.reader, app.getVersion(), userDataFolder());
  app.on('will-quit', () => bridge.close());
  denyPermissions(session.defaultSession);
  allowOwnDownloads(session.defaultSession);
  protocol.handle(PAGE_SCHEME, pageHandler(await readPageFiles(paths.page)));
  handleMessages(bridge);
  await openWindow(paths.preload);
}

function handleMessages(bridge: CoreBridge): void {
  ipcMain.on(CHANNELS.connect, (event) => {
    if (isTrusted(event)) bridge.connect(event.sender);
  });
  ipcMain.handle(CHANNELS.chooseModel, async (event): Promise<string[]> => {
    const window = isTrusted(event) ? BrowserWindow.fromWebContents(event.sender) : null;
    if (!window) return [];
    const extensions = FORMATS.flatMap((format) => [...format.extensions, ...format.companions]);
    const { canceled, filePaths } = await dialog.showOpenDialog(window, {
      title: 'Open a model',
      properties: ['openFile', 'multiSelections'],
      filters: [
        { name: 'Models', extensions: extensions.map((extension) => extension.slice(1)) },
        { name: 'All files', extensions: ['*'] },
      ],
    });
    return canceled ? [] : filePaths;
  });
}

async function openWindow(preload: string): Promise<void> {
  const window = new BrowserWindow({
    width: 1440,
    height: 900,
    minWidth: 960,
    minHeight: 600,
    show: false,
    title: 'Nibble Studio',
    webPreferences: { ...WEB_PREFERENCES, preload },
  });
  installMenu(window);
  window.once('ready-to-show', () => window.show());
  await window.loadURL(`${PAGE_ORIGIN}/index.html`);
}
