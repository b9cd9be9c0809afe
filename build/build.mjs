// Builds what is missing or stale: the C++ simulator and the bundles. Also the package's postinstall.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildNative } from './native.mjs';
import { bundle } from './bundle.mjs';
import { root } from './install.mjs';

const SOURCES = ['bench', 'core', 'cli', 'server', 'electron', 'renderer', 'build', 'package-lock.json'];
const stamp = join(root, 'out', 'bundle.stamp');

/** Changes when any source file of the bundles changes. */
function sourcesHash() {
  const hash = createHash('sha256');
  const add = (path) => {
    const info = statSync(join(root, path));
    if (info.isDirectory()) for (const name of readdirSync(join(root, path)).sort()) add(join(path, name));
    else if (!path.endsWith('.test.ts')) hash.update(`${path}:${info.size}:${info.mtimeMs}\n`);
  };
  SOURCES.forEach(add);
  return hash.digest('hex');
}

async function bundleIfStale(log) {
  const wanted = sourcesHash();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  await bundle();
  mkdirSync(join(root, 'out'), { recursive: true });
  writeFileSync(stamp, wanted);
  log('bundles: built');
}

const started = performance.now();
const log = (text) => console.log(text);
await buildNative({ log });
await bundleIfStale(log);
log(`build: up to date (${((performance.now() - started) / 1000).toFixed(1)} s)`);
