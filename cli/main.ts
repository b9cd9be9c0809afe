import { pegasus } from './pegasus.ts';
import { Terminal } from './terminal.ts';

// Who reads us through `head` may stop early; that is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});
process.exitCode = await pegasus(process.argv.slice(2), new Terminal(process.stdout, process.stderr));
