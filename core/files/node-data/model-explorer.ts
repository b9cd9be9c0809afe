import { z } from 'zod';
import { checkedColour, type NodeData, type NodeDataScale } from './node-data.ts';

const colour = z.string().optional();
const graphData = z.object({
  name: z.string().max(200).optional(),
  results: z.record(z.string(), z.object({ value: z.unknown() })),
  thresholds: z
    .array(z.object({ value: z.number(), bgColor: colour }))
    .max(100)
    .optional(),
  gradient: z
    .array(z.object({ stop: z.number().min(0).max(1), bgColor: colour }))
    .max(100)
    .optional(),
});

/** Whether a document looks like data for one graph. */
const isGraphData = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'results' in value;

/**
 * Reads node data of one graph, or of several by their ids; then the id is part of the name.
 * @param file what it is called where it has no name of its own
 * @returns undefined when it is no node data
 */
export function readModelExplorer(document: object, file: string): NodeData[] | undefined {
  const graphs: [string, unknown][] = isGraphData(document)
    ? [['', document]]
    : Object.entries(document).filter(([, value]) => isGraphData(value));
  if (graphs.length === 0) return undefined;
  return graphs.map(([id, value]) => {
    const { name = file, results, thresholds, gradient } = graphData.parse(value);
    const values = new Map<string, number | string>();
    for (const [target, { value: own }] of Object.entries(results)) {
      if (typeof own === 'number') values.set(target, own);
      else if (typeof own === 'string') values.set(target, own.slice(0, 200));
    }
    return {
      name: graphs.length > 1 ? `${name} (${id})` : name,
      values,
      scale: scaleOf(thresholds, gradient),
    };
  });
}

type GraphData = z.output<typeof graphData>;

/** A gradient takes precedence, as in Model Explorer. */
function scaleOf(thresholds: GraphData['thresholds'], gradient: GraphData['gradient']): NodeDataScale {
  const stops = (gradient ?? []).flatMap(({ stop, bgColor }) => {
    const checked = checkedColour(bgColor);
    return checked === null ? [] : [{ stop, colour: checked }];
  });
  if (stops.length > 1) return { kind: 'gradient', stops: stops.sort((a, b) => a.stop - b.stop) };
  if (!thresholds || thresholds.length === 0) return { kind: 'none' };
  const steps = thresholds.map(({ value, bgColor }) => ({ value, colour: checkedColour(bgColor) }));
  return { kind: 'thresholds', steps: steps.sort((a, b) => a.value - b.value) };
}

/** Writes node data; several quantities need a file each, because a graph has one set of results. */
export function formatModelExplorer({ name, values, scale }: NodeData): string {
  const results = Object.fromEntries([...values].map(([target, value]) => [target, { value }]));
  const colours =
    scale.kind === 'thresholds'
      ? {
          thresholds: scale.steps.map(({ value, colour: bgColor }) =>
            bgColor === null ? { value } : { value, bgColor },
          ),
        }
      : scale.kind === 'gradient'
        ? { gradient: scale.stops.map(({ stop, colour: bgColor }) => ({ stop, bgColor })) }
        : {};
  return `${JSON.stringify({ name, results, ...colours }, undefined, 1)}\n`;
}
