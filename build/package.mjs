// `npm run package`: installers for the system it runs on. electron-builder is installed in a folder of its own.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root, run } from './install.mjs';

const folder = join(root, 'build/packaging');

/** Passes its arguments on to electron-builder; returns the exit code. */
export function makePackage(args) {
  const installed = spawnSync('npm', ['ci', '--no-fund', '--no-audit'], {
    cwd: folder,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (installed.status !== 0) return installed.status ?? 1;
  return run(process.execPath, [
    join(folder, 'node_modules/electron-builder/cli.js'),
    '--projectDir',
    root,
    '--config',
    join(folder, 'electron-builder.yml'),
    ...args,
  ]);
}
