import { basename } from 'node:path';
import { readFileOf } from '../files/atomic.ts';
import { StudioError } from '../network/errors.ts';
import { chips, findChip } from './chips.ts';

/** What `--optimize` asks for. */
export interface OptimizeTarget {
  /** PID of the device; 0 = none in particular. */
  pid: number;
  /** What the vendor's simulator calls the device: `VIPNANOQI_PID0X88`; undefined = none in particular. */
  config: string | undefined;
  /** Whether a device was asked for at all, not `None` or `default`. */
  isChosen: boolean;
}

/** Configuration files are a few lines. */
const MAX_CONFIG_BYTES = 2 ** 20;

/**
 * Reads `--optimize`: `None`, `default`, a name such as `VIPNANOQI_PID0X88`, a PID or chip that we know, or a
 * configuration file whose name or content holds such a name.
 * @throws StudioError 'usage' when it is none of them
 */
export async function resolveOptimize(value: string): Promise<OptimizeTarget> {
  if (/^(none|default)$/i.test(value)) return { pid: 0, config: undefined, isChosen: false };
  const chip = findChip(value);
  if (chip) return target(chip.optimize);
  if (/^\w+_PID0X[0-9A-F]{1,8}$/i.test(value)) return target(value.toUpperCase());
  const text = await readFileOf(value, { limit: MAX_CONFIG_BYTES }).catch(() => {
    const known = chips.map(({ optimize }) => optimize).join(', ');
    throw new StudioError(
      'usage',
      `--optimize: "${value}" is neither a known device nor a readable configuration file`,
      {},
      `Known: None, default, ${known}.`,
    );
  });
  const named = /\w+_PID0X[0-9A-F]{1,8}\b/i.exec(`${basename(value)}\n${text.toString('latin1')}`);
  return named ? target(named[0].toUpperCase()) : { pid: 0, config: undefined, isChosen: true };
}

function target(config: string): OptimizeTarget {
  return { pid: Number(`0x${/PID0X([0-9A-F]+)$/.exec(config)?.[1] ?? '0'}`), config, isChosen: true };
}
