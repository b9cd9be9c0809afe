import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { packageRoot } from '../files/package-root.ts';
import { describeError, StudioError } from '../network/errors.ts';
import type { NativeModule } from './native.ts';

let loaded: NativeModule | undefined;

/** Where the simulator's addon is (or would be): `NIBBLE_ADDON`, or the build output. */
export function addonPath(): string {
  const override = process.env.NIBBLE_ADDON;
  return override ? resolve(override) : join(packageRoot(), 'out', 'native', 'nibble-sim.node');
}

/** The simulator's addon, loaded once. Throws 'simulator-unavailable' with what to do about it. */
export function loadAddon(): NativeModule {
  loaded ??= load(addonPath());
  return loaded;
}

function load(path: string): NativeModule {
  if (!existsSync(path)) throw unavailable(`the simulator is not built: ${path} does not exist`);
  try {
    const module: unknown = createRequire(path)(path);
    if (isNativeModule(module)) return module;
  } catch (error) {
    throw unavailable(`the simulator cannot be loaded from ${path}: ${describeError(error)}`);
  }
  throw unavailable(`${path} is not the simulator`);
}

function unavailable(message: string): StudioError {
  return new StudioError(
    'simulator-unavailable',
    message,
    {},
    'Install a C++ compiler (Debian, Ubuntu: apt install g++) and run "npm run build".',
  );
}

function isNativeModule(module: unknown): module is NativeModule {
  return typeof module === 'object' && module !== null && 'createGraph' in module && 'floatToDtype' in module;
}
