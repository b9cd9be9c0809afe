import type { NodeData } from '../files/node-data/node-data.ts';
import { MORE_IS_BETTER, MORE_IS_WORSE } from '../files/node-data/scales.ts';
import type { CompareDumpsResult, DumpedLayer } from './compare-dumps.ts';

/** What a comparison of dumps found, by layer: of a layer of several nodes the last one, and the sum of the times. */
export function dumpData({ layers, times }: Pick<CompareDumpsResult, 'layers' | 'times'>): NodeData[] {
  const by = (value: (layer: DumpedLayer) => number): Map<string, number> =>
    new Map(
      layers
        .map((layer) => [layer.layer, value(layer)] as const)
        .filter(([, found]) => Number.isFinite(found)),
    );
  const data: NodeData[] = [
    { name: 'cosine to dump', values: by(({ cosine }) => cosine), scale: MORE_IS_BETTER },
    { name: 'largest error of dump', values: by(({ maxError }) => maxError), scale: MORE_IS_WORSE },
    {
      name: 'other values in dump (%)',
      values: by(({ differing, elements }) => (100 * differing) / elements),
      scale: MORE_IS_WORSE,
    },
  ];
  return times.length === 0 ? data : [...data, timeData(times)];
}

/** Times of a board by layer. */
export function timeData(times: Iterable<{ layer: string; microseconds: number }>): NodeData {
  const values = new Map<string, number>();
  for (const { layer, microseconds } of times) values.set(layer, (values.get(layer) ?? 0) + microseconds);
  return { name: 'time on device (us)', values, scale: MORE_IS_WORSE };
}
