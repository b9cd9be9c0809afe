import { readQuantizeFile } from '../files/quantize-file.ts';
import { StudioError } from '../network/errors.ts';
import { tableMisfits } from '../quantization/chip-check.ts';
import { chips, findChip } from '../targets/chips.ts';
import { targetsIn } from '../targets/cpuinfo.ts';
import { typeNames } from '../targets/describe.ts';
import type { TargetFit, TargetMatch } from './contract-export.ts';
import type { ChipView } from './contract-project.ts';
import { changed, type ProjectFiles } from './project-files.ts';

/** All chips, as the page shows them. */
export function chipViews(): ChipView[] {
  return chips.map((chip) => ({
    pid: chip.pid,
    name: chip.chips[0],
    names: [...chip.chips],
    serials: [...chip.serials],
    cores: chip.cores,
    tops: chip.tops ?? null,
    perChannel: chip.types.perChannel ?? null,
    int16: chip.types.int16,
    types: { fast: typeNames(chip, true), slow: typeNames(chip, false), unknown: typeNames(chip, undefined) },
    uncertain: chip.uncertain ?? false,
  }));
}

/** Boards shown of one text; a log with more is not of boards. */
const MOST_MATCHES = 50;

/** The boards that a text names. */
export function recognizeTargets(text: string): TargetMatch[] {
  return targetsIn(text)
    .slice(0, MOST_MATCHES)
    .map(({ serial, chip, nearest }) => ({
      serial,
      pid: chip?.pid ?? null,
      nearest: nearest.map((near) => ({
        serial: near.serial,
        pid: near.chip.pid,
        sameFamily: near.sameFamily,
      })),
    }));
}

/** What the NN cores of a chip lack for the project's table. @throws StudioError 'usage' for an unknown PID */
export async function targetFit(files: ProjectFiles, pid: string): Promise<TargetFit> {
  const chip = findChip(pid);
  if (!chip) throw new StudioError('usage', `"${pid}" is no known chip`);
  if ((await changed(files.table)) === undefined) return { tensors: null, misfits: [] };
  const table = await readQuantizeFile(files.table);
  return { tensors: table.entries.size, misfits: tableMisfits(table, chip) };
}
