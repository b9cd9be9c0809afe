import { counted } from '../network/counted.ts';
import type { CompareDumpsResult, DumpedLayer, OddDump } from './compare-dumps.ts';
import { timeData } from './dump-data.ts';
import type { Shown } from './show.ts';

/** Odd files that are named; there may be thousands. */
const NAMED = 5;

/** A line per tensor in the order of computation, and where it begins to differ. */
export const showCompareDumps: Shown<CompareDumpsResult> = {
  text: (result) => [table(result), ...remarks(result), verdict(result.layers)].join('\n'),
};

function table({ layers, times }: CompareDumpsResult): string {
  const time = timeData(times).values;
  const head = [
    'layer',
    'op',
    'elements',
    'other values',
    'cosine',
    'max error',
    ...(time.size > 0 ? ['us'] : []),
  ];
  const rows = layers.map((item) => [
    item.layer,
    item.op,
    String(item.elements),
    String(item.differing),
    item.cosine.toFixed(6),
    item.maxError.toPrecision(3),
    ...(time.size > 0
      ? [
          Number(time.get(item.layer) ?? NaN)
            .toFixed(1)
            .replace('NaN', '-'),
        ]
      : []),
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, at) => (at < 2 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join('  ');
  return [head, ...rows].map((row) => line(row).trimEnd()).join('\n');
}

function remarks({ absent, odd }: CompareDumpsResult): string[] {
  const named = ({ file, reason }: OddDump): string => `not compared: ${file}: ${reason}`;
  const more = odd.length - NAMED;
  return [
    ...odd.slice(0, NAMED).map(named),
    ...(more > 0 ? [`and ${more} more that are not of this network`] : []),
    ...(absent > 0 ? [`${counted(absent, 'output')} of nodes without a dump`] : []),
  ];
}

function verdict(layers: readonly DumpedLayer[]): string {
  const first = layers.find(({ differing }) => differing > 0);
  if (!first) return `All ${layers.length} tensors are the same.`;
  const { layer, op, uid, differing, elements } = first;
  return `First that differs: ${layer} (${op}, uid ${uid}), ${differing} of ${elements} values.`;
}
