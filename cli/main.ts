import { pegasus } from './pegasus.ts';
import { Terminal } from './terminal.ts';

process.exitCode = await pegasus(process.argv.slice(2), new Terminal(process.stdout, process.stderr));
