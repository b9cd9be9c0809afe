import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { packageRoot } from '../files/package-root.ts';
import { describeError } from '../network/errors.ts';
import { addonPath, loadAddon } from '../simulator/addon.ts';
import type { JobContext } from './context.ts';
import { parseOptions } from './options.ts';
import type { Shown } from './show.ts';

/** `checkenv` has no options. */
export const checkenvOptions = z.object({});

/** One thing that is needed, and whether it is there. */
export interface EnvironmentCheck {
  name: string;
  ok: boolean;
  /** Nothing but a convenience depends on it. */
  optional?: boolean;
  /** What was found, or why not. */
  found: string;
  /** How to get it; only where it is missing. */
  remedy?: string;
}

/** What was looked at. */
export interface CheckenvResult {
  checks: EnvironmentCheck[];
}

/** Oldest Node.js that runs this program, as package.json states it. */
const OLDEST_NODE = [20, 19] as const;

const BUILD = 'Run "npm run build" in the folder of Nibble Studio.';
const COMPILER =
  'Debian, Ubuntu: apt-get install g++ make. macOS: xcode-select --install. Windows: Visual Studio Build Tools.';

/** `pegasus checkenv`: whether all that the commands need is here, as the vendor's bin/checkenv.py. */
export async function checkenvJob(options: unknown, context: JobContext): Promise<CheckenvResult> {
  parseOptions(checkenvOptions, options);
  const checks = [nodeCheck(process.versions.node), simulatorCheck(), await pictureCheck(), ...caseChecks()];
  for (const { ok, optional, name, found, remedy } of checks) {
    const level = ok ? 'I' : optional ? 'W' : 'E';
    const advice = remedy === undefined ? '' : ` ${remedy}`;
    context.log(level, `${ok ? 'found' : 'missing'}: ${name}: ${found}${advice}`);
  }
  return { checks };
}

/** Whether this version of Node.js is new enough. */
export function nodeCheck(version: string): EnvironmentCheck {
  const [major, minor] = version.split('.').map(Number);
  const [oldMajor, oldMinor] = OLDEST_NODE;
  const ok = major > oldMajor || (major === oldMajor && minor >= oldMinor);
  return {
    name: 'Node.js',
    ok,
    found: version,
    ...(ok ? {} : { remedy: `Install Node.js ${OLDEST_NODE.join('.')} or newer from nodejs.org.` }),
  };
}

function simulatorCheck(): EnvironmentCheck {
  const name = 'simulator (quantize, inference, dump)';
  try {
    loadAddon();
    return { name, ok: true, found: addonPath() };
  } catch (error) {
    return { name, ok: false, found: describeError(error), remedy: `${COMPILER} ${BUILD}` };
  }
}

/** Decodes a picture of one pixel: the package is there only if its native library loads. */
async function pictureCheck(): Promise<EnvironmentCheck> {
  const name = 'picture decoder (datasets)';
  try {
    const { default: sharp } = await import('sharp');
    const picture = await sharp({ create: { width: 1, height: 1, channels: 3, background: '#fff' } })
      .png()
      .toBuffer();
    await sharp(picture).raw().toBuffer();
    return { name, ok: true, found: `sharp ${sharp.versions.sharp ?? ''}`.trim() };
  } catch (error) {
    const remedy = 'Run "npm ci" in the folder of Nibble Studio.';
    return { name, ok: false, found: describeError(error), remedy };
  }
}

/** What compiling exported cases on this computer needs; the board's own SDK brings its own tools. */
function caseChecks(): EnvironmentCheck[] {
  const optional = true;
  const sdk = join(packageRoot(), 'out/sdk');
  const isThere = existsSync(join(sdk, 'include'));
  return [
    ...['make', 'g++'].map((tool): EnvironmentCheck => {
      const name = `${tool} (compiling cases here)`;
      const version = versionOf(tool);
      return version === undefined
        ? { name, ok: false, optional, found: 'not installed', remedy: COMPILER }
        : { name, ok: true, optional, found: version };
    }),
    {
      name: 'simulator as an SDK (running cases here)',
      ok: isThere,
      optional,
      found: sdk,
      ...(isThere ? {} : { remedy: BUILD }),
    },
  ];
}

function versionOf(tool: string): string | undefined {
  const { status, stdout } = spawnSync(tool, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  return status === 0 ? stdout.split('\n')[0].trim() : undefined;
}

const passed = ({ checks }: CheckenvResult): boolean => checks.every(({ ok, optional }) => ok || optional);

/** The line that the vendor's script ends with when all is well (user guide 2.2.3). */
export const showCheckenv: Shown<CheckenvResult> = {
  text: (result) =>
    passed(result)
      ? 'Env Pass: Env check SUCCESS!!!'
      : 'Env Fail: something is missing, see the lines marked E above.',
  failed: (result) => !passed(result),
};
