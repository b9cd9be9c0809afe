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
