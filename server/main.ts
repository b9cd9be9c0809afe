import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { userDataFolder } from '../core/worker/user-data.ts';
import { hasDisplay, openBrowser } from './open-browser.ts';
import { startStudioServer } from './studio-server.ts';

/** Entry of the browser-hosted studio: `server.mjs [--port N] [--no-open] [--projects DIR]`. Built into out/node. */
const HELP = `usage: studio [--port PORT] [--no-open] [--projects DIR]

Serves Nibble Studio to a browser on this computer.
  --port PORT     port to listen on (default: any free one)
  --no-open       print the address only
  --projects DIR  folder of the projects (default: in the user's data folder)
`;

function readOptions(): { port: number; open: boolean; projects: string | undefined } {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      'no-open': { type: 'boolean', default: false },
      projects: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    process.exit(0);
  }
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error('--port must be a number from 0 to 65535');
  return { port, open: !values['no-open'], projects: values.projects };
}

async function main(): Promise<void> {
  const { port, open, projects } = readOptions();
  const data = userDataFolder();
  const here = new URL('.', import.meta.url);
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', here), 'utf8')) as unknown;
  const server = await startStudioServer({
    port,
    version: z.object({ version: z.string() }).parse(manifest).version,
    page: fileURLToPath(new URL('../renderer', here)),
    worker: new URL('worker.mjs', here),
    data,
    projects: resolve(projects ?? join(data, 'projects')),
    token: process.env['NIBBLE_STUDIO_TOKEN'],
  });
  process.stdout.write(`Nibble Studio: ${server.url}\n`);
  if (open && hasDisplay()) openBrowser(server.url);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void server.close().then(() => process.exit(0)));
  }
}

main().catch((error: unknown) => {
  const inUse = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  const text = inUse
    ? 'the port is in use; choose another with --port'
    : String(error instanceof Error ? error.message : error);
  process.stderr.write(`studio: ${text}\n`);
  process.exitCode = 1;
});
