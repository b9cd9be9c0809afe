import { contextBridge, ipcRenderer, webUtils } from 'electron';
import { PORT_MESSAGE, type DesktopApi, type MenuCommand } from '../core/worker/desktop-api.ts';
import { CHANNELS, PAGE_ORIGIN } from './channels.ts';

/** Gives the page four functions, and its port as soon as main sends it; never `ipcRenderer` itself. */
const api: DesktopApi = {
  connect: () => ipcRenderer.send(CHANNELS.connect),
  pathOf: (file) => webUtils.getPathForFile(file),
  chooseModel: () => ipcRenderer.invoke(CHANNELS.chooseModel) as Promise<string[]>,
  onMenu: (handle) => {
    ipcRenderer.on(CHANNELS.menu, (_event, command: MenuCommand) => handle(command));
  },
};

contextBridge.exposeInMainWorld('nibbleDesktop', api);
ipcRenderer.on(CHANNELS.port, (event) => window.postMessage(PORT_MESSAGE, PAGE_ORIGIN, event.ports));
