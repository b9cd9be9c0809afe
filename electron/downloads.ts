import { basename } from 'node:path';
import type { DownloadItem, Event, Session, WebContents } from 'electron';
import { PAGE_ORIGIN } from './channels.ts';
import { isOurPage } from './security.ts';

/** Kinds of files that the page makes, by extension. */
const KINDS: Readonly<Record<string, string>> = { png: 'Picture', svg: 'Picture', json: 'Node data' };

/** Lets the page save what it has made itself, where the user says, and nothing from anywhere else. */
export function allowOwnDownloads(session: Pick<Session, 'on'>): void {
  session.on(
    'will-download',
    (event: Pick<Event, 'preventDefault'>, item: DownloadItem, contents: WebContents) => {
      if (!isOurPage(contents.getURL()) || !isOwnBlob(item.getURL())) {
        event.preventDefault();
        return;
      }
      // Without a path of our own Electron asks the user for one.
      item.setSaveDialogOptions(dialogOptions(item.getFilename()));
    },
  );
}

/** Blobs carry the origin that made them. */
function isOwnBlob(url: string): boolean {
  return url.startsWith(`blob:${PAGE_ORIGIN}/`);
}

function dialogOptions(filename: string): {
  defaultPath: string;
  filters: { name: string; extensions: string[] }[];
} {
  // A suggestion is a name, never a folder.
  const name = basename(filename.replaceAll('\\', '/'));
  const extension = /\.([a-z]+)$/i.exec(name)?.[1].toLowerCase() ?? '';
  const own = KINDS[extension];
  return {
    defaultPath: name,
    filters: [
      ...(own === undefined ? [] : [{ name: own, extensions: [extension] }]),
      { name: 'All files', extensions: ['*'] },
    ],
  };
}
