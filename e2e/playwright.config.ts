import { defineConfig } from '@playwright/test';

import { DATA_FOLDER } from './helpers.ts';

const PORT = Number(process.env['E2E_PORT'] ?? 4179);
/** Only for the server that these tests start themselves. */
const TOKEN = 'end-to-end';

// oxlint-disable-next-line import/no-default-export -- the form Playwright reads
export default defineConfig({
  testDir: '.',
  outputDir: '../out/test-results',
  workers: 1,
  timeout: 60_000,
  // Machines that run these tests are often busy with others.
  expect: { timeout: 15_000 },
  reporter: 'list',
  use: {
    baseURL: `http://127.0.0.1:${PORT}/?t=${TOKEN}`,
    viewport: { width: 1440, height: 900 },
    permissions: ['clipboard-read', 'clipboard-write'],
    launchOptions: {
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  webServer: {
    command: `node ../out/node/server.mjs --no-open --port ${PORT}`,
    env: { NIBBLE_STUDIO_TOKEN: TOKEN, NIBBLE_STUDIO_DATA: DATA_FOLDER },
    port: PORT,
    reuseExistingServer: false,
  },
});
