// Starts the studio: Electron where its binary is there or can be had, else the same studio in a browser.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root, run } from './install.mjs';

/** Path of the Electron program, or undefined with the reason printed. */
function electronBinary() {
  try {
    return createRequire(import.meta.url)('electron');
  } catch (error) {
    const reason = String(error instanceof Error ? error.message : error).split('\n')[0];
    console.log(`Electron's program is not available (${reason}); starting the studio in a browser instead.`);
    return undefined;
  }
}

/** Runs the studio until it is closed; returns the exit code. */
export function start(args) {
  const wantsServer = args.some((word) => word.startsWith('--no-open') || word.startsWith('--port'));
  const electron = wantsServer ? undefined : electronBinary();
  return electron
    ? run(electron, [root, ...args])
    : run(process.execPath, [join(root, 'out/node/server.mjs'), ...args]);
}
