import { readQuantizeFile } from '../files/quantize-file.ts';
import type { Network } from '../network/network.ts';
import { coefficientKey, type QuantizeTable } from '../network/quantize-table.ts';
import { entryMisfit } from '../quantization/chip-check.ts';
import { findChip, type Chip } from '../targets/chips.ts';
import type { ModelNote } from './contract-model.ts';
import { changed } from './project-files.ts';
import type { Project } from './project.ts';
import { readSettings } from './project-settings.ts';

/** Lines that are listed; a network with more has one cause for them all. */
const MOST = 2000;

/** What is to be known about a network: from its import, of its table, and for its chip. */
export async function modelNotes({ files, network }: Project): Promise<ModelNote[]> {
  const { source, target } = await readSettings(files);
  const notes: ModelNote[] = (source?.notes ?? []).map((text) => ({ kind: 'Import', layer: null, text }));
  if ((await changed(files.table)) !== undefined) {
    const table = await readQuantizeFile(files.table);
    const chip = target === null ? undefined : findChip(target);
    notes.push(...floatWeights(network, table), ...(chip ? chipNotes(network, table, chip) : []));
  }
  return notes.slice(0, MOST);
}

/** Weights that the table does not name although it names what their layer makes. */
function floatWeights(network: Network, { entries }: QuantizeTable): ModelNote[] {
  return [...network.coefficients].flatMap(([layer, tensors]) =>
    tensors.has('weight') && entries.has(`@${layer}:out0`) && !entries.has(coefficientKey(layer, 'weight'))
      ? [{ kind: 'Weights that stay float', layer, text: `${layer}: the table has no entry for its weight` }]
      : [],
  );
}

function chipNotes(network: Network, { entries }: QuantizeTable, chip: Chip): ModelNote[] {
  const found = new Map<string, ModelNote>();
  for (const [ref, format] of entries) {
    const misfit = entryMisfit(format, chip);
    const [, layer] = /^@([^]*):[^:]*$/.exec(ref) ?? [];
    if (!misfit || layer === undefined || !network.layers.has(layer)) continue;
    const kind = `${misfit.reason}: ${misfit.remedy}`;
    // One line per layer: output, weight and bias have the same cause.
    found.set(`${kind}\0${layer}`, { kind, layer, text: layer });
  }
  return [...found.values()];
}
