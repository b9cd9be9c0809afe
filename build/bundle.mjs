import { rm } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { build } from 'vite';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const builtins = new Set([...builtinModules, ...builtinModules.map((name) => `node:${name}`)]);

/**
 * Builds the studio into out/: the page, the Node programs, the Electron main and preload scripts.
 * Deterministic, downloads nothing, takes a few seconds.
 */
export async function bundle() {
  await Promise.all(
    ['renderer', 'node', 'electron', 'cache'].map((name) =>
      rm(join(root, 'out', name), { recursive: true, force: true }),
    ),
  );
  await build(page());
  await build(program('node', 'es', nodeEntries));
  await build(program('electron', 'cjs', { main: 'electron/main.ts' }));
  // Apart from main: a sandboxed preload script must be one file.
  await build(program('electron', 'cjs', { preload: 'electron/preload.ts' }));
}

/** The Node programs: each becomes out/node/NAME.mjs. */
const nodeEntries = {
  index: 'core/index.ts',
  accuracy: 'cli/accuracy.ts',
  bench: 'bench/inference.ts',
  'bench-calibration': 'bench/calibration.ts',
  'bench-export': 'bench/export.ts',
  'bench-footprint': 'bench/footprint.ts',
  'bench-graph': 'bench/graph.ts',
  'bench-import': 'bench/import.ts',
  cli: 'cli/main.ts',
  conformance: 'cli/conformance.ts',
  demo: 'cli/demo.ts',
  fuzz: 'cli/fuzz.ts',
  'ops-table': 'cli/ops-table.ts',
  'job-thread': 'core/worker/job-thread.ts',
  'model-reader': 'core/worker/reader/process.ts',
  server: 'server/main.ts',
  worker: 'core/worker/worker.ts',
};

function common() {
  return { configFile: false, root, logLevel: 'warn', clearScreen: false };
}

function page() {
  return {
    ...common(),
    root: join(root, 'renderer'),
    base: './',
    plugins: [react()],
    worker: { format: 'es' },
    build: {
      outDir: join(root, 'out/renderer'),
      emptyOutDir: true,
      target: 'es2023',
      // Chromium and Electron only, both current: nothing to polyfill, and the policy forbids inline scripts.
      modulePreload: false,
      assetsInlineLimit: 0,
      reportCompressedSize: false,
      chunkSizeWarningLimit: 2000,
    },
  };
}

/** @param {string} folder @param {'es' | 'cjs'} format @param {Record<string, string>} entries */
function program(folder, format, entries) {
  const extension = format === 'es' ? 'mjs' : 'cjs';
  return {
    ...common(),
    publicDir: false,
    ssr: { noExternal: BUNDLED },
    build: {
      ssr: true,
      target: 'node20',
      outDir: join(root, 'out', folder),
      emptyOutDir: false,
      minify: false,
      reportCompressedSize: false,
      rollupOptions: {
        input: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, join(root, file)])),
        external: isExternal,
        output: {
          format,
          entryFileNames: `[name].${extension}`,
          chunkFileNames: `chunk-[name]-[hash].${extension}`,
        },
      },
    },
  };
}

/** Packages of many small files that every command needs: from a bundle they load in a fifth of the time. */
const BUNDLED = ['zod', 'js-yaml'];

/** All other packages stay in node_modules. */
function isExternal(/** @type {string} */ id) {
  if (BUNDLED.includes(id)) return false;
  return (
    builtins.has(id) ||
    !(id.startsWith('.') || id.startsWith('/') || id.startsWith('\0') || /^[A-Za-z]:/.test(id))
  );
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) await bundle();
