import { join } from 'node:path';
import { startDesktop } from './desktop.ts';

/** Entry of the main process, built into out/electron/main.cjs. */
void startDesktop({
  page: join(__dirname, '../renderer'),
  preload: join(__dirname, 'preload.cjs'),
  worker: join(__dirname, '../node/worker.mjs'),
  reader: join(__dirname, '../node/model-reader.mjs'),
});
