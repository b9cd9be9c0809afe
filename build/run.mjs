// `npm run demo`, `npm test`, `npm start`, `npm run bench`, `npm run accuracy`, `npm run fuzz`: each works straight after a clone.
import { join } from 'node:path';
import { ensureInstalled, root, run } from './install.mjs';
import { ensureMake } from './system.mjs';

const commands = {
  demo: () => run(process.execPath, [join(root, 'out/node/demo.mjs'), ...rest]),
  test: () => run(process.execPath, [join(root, 'build/check.mjs'), ...rest]),
  start: async () => (await import('./start.mjs')).start(rest),
  package: async () => (await import('./package.mjs')).makePackage(rest),
  docs: () => run(process.execPath, [join(root, 'out/node/ops-table.mjs'), ...rest]),
  bench: () => run(process.execPath, [join(root, 'out/node/bench.mjs'), ...rest]),
  accuracy: () => run(process.execPath, [join(root, 'out/node/accuracy.mjs'), ...rest]),
  fuzz: () => run(process.execPath, [join(root, 'out/node/fuzz.mjs'), ...rest]),
  conformance: () => run(process.execPath, [join(root, 'out/node/conformance.mjs'), ...rest]),
};

const [name, ...rest] = process.argv.slice(2);
const command = commands[name];
if (!command) {
  console.error(`usage: node build/run.mjs {${Object.keys(commands).join(',')}}`);
  process.exit(2);
}
ensureInstalled();
if (name === 'demo' || name === 'test') ensureMake();
const built = run(process.execPath, [join(root, 'build/build.mjs')]);
process.exit(built === 0 ? await command() : built);
