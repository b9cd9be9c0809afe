import { z } from 'zod';
import type { NodeData } from './node-data.ts';

/** The signature of Netron's attachments. */
export const NETRON_SIGNATURE = 'netron:attachment';
/** Netron compares names up to their first line break. */
const firstLine = (text: string): string => text.split('\n', 1)[0];

const metric = z.object({
  kind: z.string(),
  target: z.string(),
  name: z.string().min(1).max(200),
  value: z.unknown(),
});

/** Kinds of targets that are a layer or what a layer makes. */
const ABOUT_LAYERS = new Set(['node', 'value', 'tensor']);

/** Reads what an attachment says of nodes and tensors, one quantity per name; what it says of model and graph is left out. */
export function readNetron(document: Readonly<Record<string, unknown>>): NodeData[] {
  const found = new Map<string, NodeData>();
  for (const list of [document['metrics'], document['metadata']]) {
    if (!Array.isArray(list)) continue;
    for (const item of list) {
      const read = metric.safeParse(item);
      if (!read.success || !ABOUT_LAYERS.has(read.data.kind)) continue;
      const { name, target, value } = read.data;
      if (typeof value !== 'number' && typeof value !== 'string') continue;
      const data = found.get(name) ?? { name, values: new Map(), scale: { kind: 'none' } };
      found.set(name, data);
      data.values.set(target, typeof value === 'string' ? value.slice(0, 200) : value);
    }
  }
  return [...found.values()];
}

/** Writes an attachment. Netron drops it over the same model: targets must be the names that the model file has. */
export function formatNetron(data: readonly NodeData[]): string {
  const metrics = data.flatMap(({ name, values }) =>
    [...values].map(([target, value]) => ({
      kind: 'node',
      target: firstLine(target),
      name,
      value,
      type: typeof value === 'number' ? 'float32' : 'string',
    })),
  );
  return `${JSON.stringify({ signature: NETRON_SIGNATURE, metrics }, undefined, 1)}\n`;
}
