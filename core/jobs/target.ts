import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { describeError, StudioError } from '../network/errors.ts';
import { targetsIn, type Target } from '../targets/cpuinfo.ts';
import { chipName, describeChip } from '../targets/describe.ts';
import type { JobContext } from './context.ts';
import { parseOptions } from './options.ts';
import type { Shown } from './show.ts';

/** Options of `target`, a command beyond the vendor's (user guide 3.4, step 3, note 1 by hand). */
export const targetOptions = z.object({
  cpuinfo: z
    .string()
    .min(1)
    .optional()
    .describe("file with what 'cat /proc/cpuinfo' prints on the board, or - for standard input"),
  serial: z.string().min(1).optional().describe('the serial number alone, or its first four characters'),
});

/** The boards that were named. */
export interface TargetResult {
  targets: Target[];
}

/** Logs of a serial console are shorter than this. */
const MAX_BYTES = 16 * 2 ** 20;

/** `pegasus target`: tells the NPU from a serial number. Unknown serials are told with the nearest known ones. */
export async function targetJob(options: unknown, context: JobContext): Promise<TargetResult> {
  const { cpuinfo, serial } = parseOptions(targetOptions, options);
  if ((cpuinfo === undefined) === (serial === undefined)) {
    throw new StudioError(
      'usage',
      'give either --cpuinfo or --serial',
      {},
      'On the board itself: pegasus target --cpuinfo /proc/cpuinfo',
    );
  }
  const targets = targetsIn(serial ?? (await readLog(cpuinfo ?? '-', context.signal)));
  if (targets.length === 0 && serial !== undefined) {
    throw new StudioError(
      'usage',
      `--serial: "${serial}" is no serial number: four or more hexadecimal digits`,
    );
  }
  if (targets.length === 0) {
    throw new StudioError(
      'file-malformed',
      'there is no line "Serial : ..." with a serial number',
      cpuinfo === '-' ? {} : { file: cpuinfo },
      'Run "cat /proc/cpuinfo" on the board and give all that it prints.',
    );
  }
  for (const target of targets) if (!target.chip) context.log('W', question(target));
  return { targets };
}

/** A file, a pipe, /proc/cpuinfo or standard input; whatever is no UTF-8 in it does not matter. */
async function readLog(path: string, signal: AbortSignal): Promise<string> {
  const stream: Readable = path === '-' ? process.stdin : createReadStream(path);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream) {
      signal.throwIfAborted();
      const bytes = Buffer.from(chunk as Uint8Array);
      chunks.push(bytes);
      size += bytes.length;
      if (size > MAX_BYTES) break;
    }
  } catch (error) {
    signal.throwIfAborted();
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new StudioError(missing ? 'file-missing' : 'file-unreadable', describeError(error), { file: path });
  }
  return Buffer.concat(chunks).toString('utf8');
}

function question({ serial, nearest }: Target): string {
  const names = nearest.map(
    (near) =>
      `${near.serial} = ${chipName(near.chip)}${near.sameFamily ? ', the same family in another revision' : ''}`,
  );
  return (
    `serial ${serial}: no known chip has serials that begin with ${serial.slice(0, 4)}. The nearest: ${names.join('; ')}. ` +
    `Is yours one of them? Then use its name for --optimize; if not, ask the maker of the board for the PID of the NPU.`
  );
}

/** What people, machines and scripts see of the result. */
export const showTarget: Shown<TargetResult> = {
  text: ({ targets }) =>
    targets
      .flatMap(({ serial, chip }) => [
        `serial ${serial}`,
        ...(chip ? describeChip(chip) : ['chip: not known']).map((line) => `  ${line}`),
      ])
      .join('\n'),
  failed: ({ targets }) => targets.every(({ chip }) => !chip),
};
