import { Menu, type BrowserWindow, type MenuItemConstructorOptions } from 'electron';
import type { MenuCommand } from '../core/worker/desktop-api.ts';
import { CHANNELS } from './channels.ts';

/** The native menu; what concerns the model is done by the page. */
export function installMenu(window: BrowserWindow, isMac = process.platform === 'darwin'): void {
  const command = (label: string, accelerator: string, name: MenuCommand): MenuItemConstructorOptions => ({
    label,
    accelerator,
    click: () => window.webContents.send(CHANNELS.menu, name),
  });
  const template: MenuItemConstructorOptions[] = [
    ...(isMac ? [{ role: 'appMenu' } as const] : []),
    {
      label: '&File',
      submenu: [
        command('&Open model…', 'CmdOrCtrl+O', 'open'),
        { type: 'separator' },
        { role: isMac ? 'close' : 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: '&View',
      submenu: [
        command('&Find layer', 'CmdOrCtrl+F', 'find'),
        command('Show &whole network', 'CmdOrCtrl+0', 'fit'),
        { type: 'separator' },
        { role: 'togglefullscreen' },
      ],
    },
    { role: 'windowMenu' },
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
