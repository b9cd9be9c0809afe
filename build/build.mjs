// Builds what is missing or stale: the C++ simulator and the bundles. Also the package's postinstall.
import { buildNative } from './native.mjs';
import { bundle } from './bundle.mjs';

const started = performance.now();
const log = (text) => console.log(text);

await buildNative({ log });
await bundle({ log });
log(`build: done in ${((performance.now() - started) / 1000).toFixed(1)} s`);
