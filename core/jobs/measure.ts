import { z } from 'zod';
import { readNetworkFile } from '../files/network-json.ts';
import { readQuantizeFile } from '../files/quantize-file.ts';
import { coefficientKey, type QType, type QuantizeTable } from '../network/quantize-table.ts';
import { formatRef, type Layer } from '../network/layer.ts';
import { elementCount, type Shape } from '../network/tensor.ts';
import { opSpec } from '../ops/registry.ts';
import { inferShapes, shapeOf, type ShapeTable } from '../ops/shapes.ts';
import type { JobContext } from './context.ts';
import { modelOption, parseOptions } from './options.ts';
import type { Shown } from './show.ts';

/** Options of `measure`; only --model is the vendor's. */
export const measureOptions = z.object({
  model: modelOption,
  modelQuantize: z
    .string()
    .optional()
    .describe('a quantize table: bytes are counted in its types, else in float32; beyond the vendor'),
  batchSize: z
    .int()
    .positive()
    .max(65536)
    .default(1)
    .describe('samples per step, where the network leaves it open; beyond the vendor'),
});

/** Counts of one layer, or of all. */
export interface Measure {
  /** Multiply-accumulates of one run. */
  macs: number;
  /** Coefficients. */
  parameters: number;
  /** Bytes of the coefficients. */
  parameterBytes: number;
  /** Bytes of the outputs. */
  outputBytes: number;
}

/** One layer's counts. */
export interface LayerMeasure extends Measure {
  layer: string;
  op: string;
  /** Of each output, with batch, in the network's layout. */
  shapes: Shape[];
}

/** What `measure` counted, in the order of computation. */
export interface MeasureResult {
  name: string;
  layers: LayerMeasure[];
  total: Measure;
}

/** `pegasus measure`: multiply-accumulates, parameters and bytes of every layer. */
export async function measureJob(options: unknown, context: JobContext): Promise<MeasureResult> {
  const given = parseOptions(measureOptions, options);
  const network = await readNetworkFile(given.model);
  context.log('I', `Load model in ${given.model}`);
  const table = given.modelQuantize === undefined ? undefined : await readQuantizeFile(given.modelQuantize);
  const shapes = inferShapes(network, given.batchSize);
  const layers = network
    .topologicalOrder()
    .filter(({ op }) => op !== 'output')
    .map((layer) => measureLayer(layer, shapes, bytesPer(table)));
  const sum = (count: keyof Measure): number => layers.reduce((all, layer) => all + layer[count], 0);
  const total = {
    macs: sum('macs'),
    parameters: sum('parameters'),
    parameterBytes: sum('parameterBytes'),
    outputBytes: sum('outputBytes'),
  };
  return { name: network.meta.name, layers, total };
}

const QTYPE_BYTES: Readonly<Record<QType, number>> = {
  u8: 1,
  i8: 1,
  i16: 2,
  bf16: 2,
  f16: 2,
  i32: 4,
  i64: 8,
};

/** Bytes per element of the tensor `@layer:name`; what a table does not list is float16 in a quantized case. */
function bytesPer(table: QuantizeTable | undefined): (ref: string) => number {
  if (!table) return () => 4;
  return (ref) => QTYPE_BYTES[table.entries.get(ref)?.qtype ?? 'f16'];
}

function measureLayer(layer: Layer, shapes: ShapeTable, bytes: (ref: string) => number): LayerMeasure {
  const inputs = layer.inputs.map((ref) => shapeOf(shapes, formatRef(ref)));
  const refs = Array.from({ length: layer.outputs }, (_, port) => formatRef({ layer: layer.key, port }));
  const outputs = refs.map((ref) => shapeOf(shapes, ref));
  const spec = opSpec(layer.op, layer.key);
  const coefficients = Object.entries(spec.coefficientShapes?.(layer, inputs) ?? {}).map(([name, shape]) => ({
    ref: coefficientKey(layer.key, name),
    count: elementCount(shape),
  }));
  return {
    layer: layer.key,
    op: layer.op,
    shapes: outputs,
    macs: spec.macs?.(layer, inputs, outputs) ?? 0,
    parameters: coefficients.reduce((sum, { count }) => sum + count, 0),
    parameterBytes: coefficients.reduce((sum, { ref, count }) => sum + count * bytes(ref), 0),
    outputBytes: refs.reduce((sum, ref, port) => sum + elementCount(outputs[port]) * bytes(ref), 0),
  };
}

const HEAD = ['layer', 'op', 'output', 'MACs', 'parameters', 'bytes', 'output bytes'];
/** Columns of names and shapes; the others are numbers and stand to the right. */
const NAMES = 3;

/** A table with a row of totals. */
export const showMeasure: Shown<MeasureResult> = {
  text: ({ layers, total }) => {
    const numbers = ({ macs, parameters, parameterBytes, outputBytes }: Measure): string[] =>
      [macs, parameters, parameterBytes, outputBytes].map((count) => count.toLocaleString('en-US'));
    const rows = [
      HEAD,
      ...layers.map((item) => [
        item.layer,
        item.op,
        item.shapes.map((shape) => shape.join('x')).join(' '),
        ...numbers(item),
      ]),
      [`total of ${layers.length}`, '', '', ...numbers(total)],
    ];
    const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
    return rows
      .map((row) =>
        row
          .map((cell, column) =>
            column < NAMES ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
          )
          .join('  ')
          .trimEnd(),
      )
      .join('\n');
  },
};
