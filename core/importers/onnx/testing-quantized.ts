import type { TinyAttribute, TinyModel, TinyNode, TinyTensor, TinyType } from './testing.ts';

/** Parameters of a quantized tensor in a test model. */
export interface TinyParameters {
  type: TinyType;
  scale: number | number[];
  zero: number | number[];
}

/** Writes quantized test models: every method adds nodes and gives the name of its result. */
export class QuantizedModel {
  readonly nodes: TinyNode[] = [];
  readonly constants: Record<string, TinyTensor> = {};
  private count = 0;

  constant(tensor: TinyTensor): string {
    const name = this.fresh('c');
    this.constants[name] = tensor;
    return name;
  }

  node(
    op: string,
    inputs: string[],
    attributes: Record<string, TinyAttribute> = {},
    domain?: string,
  ): string {
    const name = this.fresh(op.toLowerCase());
    this.nodes.push({ op, name, inputs, outputs: [name], attributes, ...(domain ? { domain } : {}) });
    return name;
  }

  /** Names of the constants that hold scale and zero point. */
  parameters({ type, scale, zero }: TinyParameters): [string, string] {
    const list = (value: number | number[]): number[] => (Array.isArray(value) ? value : [value]);
    const dims = Array.isArray(scale) ? [scale.length] : [];
    const zeros = list(zero);
    return [
      this.constant({ dims, data: list(scale) }),
      this.constant({
        dims,
        data: dims.length > 0 ? list(scale).map((_, i) => zeros[i] ?? zeros[0]) : zeros,
        type,
      }),
    ];
  }

  quantize(x: string, parameters: TinyParameters): string {
    return this.node('QuantizeLinear', [x, ...this.parameters(parameters)]);
  }

  dequantize(x: string, parameters: TinyParameters, axis?: number): string {
    return this.node(
      'DequantizeLinear',
      [x, ...this.parameters(parameters)],
      axis === undefined ? {} : { axis },
    );
  }

  /** The tensor, quantized and dequantized. */
  pair(x: string, parameters: TinyParameters): string {
    return this.dequantize(this.quantize(x, parameters), parameters);
  }

  /** A dequantized constant of these integers. */
  stored(dims: number[], data: number[], parameters: TinyParameters, axis?: number): string {
    return this.dequantize(this.constant({ dims, data, type: parameters.type }), parameters, axis);
  }

  model(inputs: TinyModel['inputs'], outputs: string[], rest: Partial<TinyModel> = {}): TinyModel {
    const { nodes, constants } = this;
    return { inputs, outputs, nodes, constants, ...rest };
  }

  private fresh(stem: string): string {
    return `${stem}${this.count++}`;
  }
}

/** Repeatable whole numbers between two limits, both included. */
export function integers(count: number, low: number, high: number, seed = 1): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return low + Math.floor((state / 2 ** 32) * (high - low + 1));
  });
}

/** Parameters of 8 bits that cover a range. */
export const affine = (type: TinyType, low: number, high: number): TinyParameters => {
  const scale = Math.fround((high - low) / 255);
  return { type, scale, zero: Math.round(-low / scale) - (type === 'int8' ? 128 : 0) };
};

/**
 * Pairs around conv + relu, conv, add, max pool, average pool and gemm.
 * @param removedRelu the relu is left to the quantization, as quantizers do
 */
export function quantizedNetwork(type: TinyType, perChannel: boolean, removedRelu: boolean): TinyModel {
  const m = new QuantizedModel();
  const input = affine(type, -2, 2);
  const weights = (channels: number): TinyParameters =>
    perChannel
      ? {
          type: 'int8',
          scale: Array.from({ length: channels }, (_, i) => Math.fround(0.002 + 0.0003 * i)),
          zero: 0,
        }
      : type === 'uint8'
        ? { type: 'uint8', scale: Math.fround(0.0031), zero: 120 }
        : { type: 'int8', scale: Math.fround(0.0031), zero: 0 };
  const stored = (dims: number[], parameters: TinyParameters, seed: number): string => {
    const [low, high] = parameters.type === 'uint8' ? [0, 255] : [-128, 127];
    const total = dims.reduce((a, b) => a * b, 1);
    return m.stored(dims, integers(total, low, high, seed), parameters, perChannel ? 0 : undefined);
  };
  const bias = (count: number, inputs: TinyParameters, parameters: TinyParameters, seed: number): string => {
    const scale = Array.isArray(parameters.scale)
      ? parameters.scale.map((value) => Math.fround(value * Number(inputs.scale)))
      : Math.fround(parameters.scale * Number(inputs.scale));
    return m.stored(
      [count],
      integers(count, -9000, 9000, seed),
      { type: 'int32', scale, zero: 0 },
      perChannel ? 0 : undefined,
    );
  };
  const x = m.pair('x', input);
  const w1 = weights(8);
  const conv = m.node('Conv', [x, stored([8, 3, 3, 3], w1, 2), bias(8, input, w1, 3)], {
    pads: [1, 1, 1, 1],
  });
  const a = affine(type, 0, 9);
  const first = m.pair(removedRelu ? conv : m.node('Relu', [conv]), a);
  const w2 = weights(8);
  const inner = m.node('Conv', [first, stored([8, 8, 3, 3], w2, 4), bias(8, a, w2, 5)], {
    pads: [1, 1, 1, 1],
  });
  const second = m.pair(inner, affine(type, -18, 18));
  const sum = m.pair(m.node('Add', [second, first]), affine(type, -18, 22));
  const pooled = m.pair(
    m.node('MaxPool', [sum], { kernel_shape: [2, 2], strides: [2, 2] }),
    affine(type, -18, 22),
  );
  const p = affine(type, -8, 16);
  const mean = m.pair(m.node('AveragePool', [pooled], { kernel_shape: [3, 3], strides: [1, 1] }), p);
  const flat = m.pair(m.node('Flatten', [mean], { axis: 1 }), p);
  const w3 = weights(10);
  const gemm = m.node('Gemm', [flat, stored([10, 128], w3, 6), bias(10, p, w3, 7)], { transB: 1 });
  return m.model({ x: [1, 3, 12, 12] }, [m.pair(gemm, affine(type, -60, 60))], { opset: 13 });
}
