import type { DeviceGraph, DeviceTensor } from '../device/graph.ts';
import { deviceTypeInfo, quantizationInfo } from '../device/vocabulary.ts';
import { commentText, floatLiteral, initializer } from './c-text.ts';
import type { ConstantLayout } from './constants.ts';

/** Per-channel scales live outside the Create function: one static array per distinct list. */
export class ScaleArrays {
  private readonly names = new Map<string, string>();

  /** The array with these scales. */
  name(scales: readonly number[]): string {
    const content = scales.map(floatLiteral).join(' ');
    const name = this.names.get(content) ?? `scales_${this.names.size + 1}`;
    this.names.set(content, name);
    return name;
  }

  /** Definitions of all arrays asked for so far. */
  definitions(): string[] {
    return [...this.names].flatMap(([content, name]) => {
      const [first, ...rest] = initializer(content.split(' '), 4);
      const lines = [`static const float ${name}[] = ${first}`, ...rest];
      return lines.map((line, index) => (index === lines.length - 1 ? `${line};` : line));
    });
  }
}

/** Statements that make the inputs and outputs of the graph. */
export function normTensors(graph: DeviceGraph, scales: ScaleArrays): string[] {
  return paragraphs(
    graph.ports.map((id, index) => {
      const tensor = graph.tensors[id];
      return [
        `/* ${commentText(tensor.name)} */`,
        ...sizes(tensor),
        ...dtype(tensor, scales),
        `NEW_NORM_TENSOR(norm_tensor[${index}], attr, ${deviceTypeInfo(tensor.type).constant});`,
      ];
    }),
  );
}

/** Statements that make the constants from the data file. */
export function constTensors(layout: ConstantLayout, scales: ScaleArrays): string[] {
  return paragraphs(
    layout.constants.map(({ tensor, data, labels, offset }, index) => [
      ...labelComment(labels),
      ...sizes(tensor),
      ...dtype(tensor, scales),
      `NEW_CONST_TENSOR(const_tensor[${index}], attr, ${deviceTypeInfo(tensor.type).constant}, ${offset}, ${data.length});`,
    ]),
  );
}

/** Statements that make what flows between nodes. */
export function virtualTensors(graph: DeviceGraph, scales: ScaleArrays): string[] {
  const ports = new Set(graph.ports);
  const blocks = graph.nodes.flatMap((node, index) =>
    node.outputs.flatMap((id, port) => {
      if (id < 0 || ports.has(id)) return [];
      const tensor = graph.tensors[id];
      const target = `node[${index}]->output.tensors[${port}]`;
      return [
        [
          `/* ${commentText(tensor.name)} */`,
          ...dtype(tensor, scales),
          `NEW_VIRTUAL_TENSOR(${target}, attr, ${deviceTypeInfo(tensor.type).constant});`,
        ],
      ];
    }),
  );
  return paragraphs(blocks);
}

/** Joins blocks of lines with blank lines between them. */
export function paragraphs(blocks: readonly (readonly string[])[]): string[] {
  return blocks.flatMap((block, index) => (index === 0 ? block : ['', ...block]));
}

function labelComment(labels: readonly string[]): string[] {
  if (labels.length === 1) return [`/* ${commentText(labels[0])} */`];
  return ['/*', ...labels.map((label) => ` * ${commentText(label)}`), ' */'];
}

function sizes({ size }: DeviceTensor): string[] {
  return [...size.map((dim, index) => `attr.size[${index}] = ${dim};`), `attr.dim_num = ${size.length};`];
}

function dtype({ quantization }: DeviceTensor, scales: ScaleArrays): string[] {
  const type = `attr.dtype.qnt_type = ${quantizationInfo(quantization.kind).constant};`;
  switch (quantization.kind) {
    case 'none':
      return [type];
    case 'dfp':
      return [`attr.dtype.fl = ${quantization.fl};`, type];
    case 'affine':
      return [
        `attr.dtype.scale = ${floatLiteral(quantization.scale)};`,
        `attr.dtype.zero_point = ${quantization.zeroPoint};`,
        type,
      ];
    case 'perchannel':
      return [
        `attr.dtype.scales = ${scales.name(quantization.scales)};`,
        `attr.dtype.scale_dim = ${quantization.scales.length};`,
        `attr.dtype.channel_dim = ${quantization.channelDim};`,
        type,
      ];
  }
}
