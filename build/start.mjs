// Starts the studio: Electron where its binary is there or can be had, else the same studio in a browser.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { root, run } from './install.mjs';

/** Path of the Electron program where it is installed; nothing is downloaded here. */
function electronBinary() {
  const folder = dirname(createRequire(import.meta.url).resolve('electron/package.json'));
  const name = join(folder, 'path.txt');
  const program = existsSync(name) ? join(folder, 'dist', readFileSync(name, 'utf8').trim()) : undefined;
  if (program && existsSync(program)) return program;
  console.log(
    'Electron is not installed here ("npx install-electron" gets it): the studio opens in your browser.',
  );
  return undefined;
}

/** Runs the studio until it is closed; returns the exit code. */
export function start(args) {
  const wantsServer = args.some((word) => /^--(?:no-open|port|projects)\b/.test(word));
  const electron = wantsServer ? undefined : electronBinary();
  return electron
    ? run(electron, [root, ...args])
    : run(process.execPath, [join(root, 'out/node/server.mjs'), ...args]);
}
