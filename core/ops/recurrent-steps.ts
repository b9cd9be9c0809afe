import type { DeviceParam } from '../device/graph.ts';
import { StudioError } from '../network/errors.ts';
import { transpose, type Shape, type Tensor } from '../network/tensor.ts';
import { identity } from './axes.ts';
import { cutOut } from './many.ts';
import type { LowerContext, Operand } from './spec.ts';

/** ovxlib ops of the activations that cells use. */
const ACTIVATIONS: Readonly<Record<string, readonly [string, Record<string, DeviceParam>]>> = {
  tanh: ['TANH', { scale_a: 1, scale_b: 1 }],
  sigmoid: ['SIGMOID', {}],
  hard_sigmoid: ['HARD_SIGMOID', {}],
  relu: ['RELU', {}],
};

/** Nodes that cells are made of, on matrices [N, units] in plain order. */
export class CellNodes {
  readonly context: LowerContext;

  constructor(context: LowerContext) {
    this.context = context;
  }

  private node(op: string, params: Record<string, DeviceParam>, inputs: Operand[], shape: Shape): Operand {
    const ids = inputs.map(({ tensor }) => tensor);
    return this.context.helper(op, params, ids, shape, { precise: true });
  }

  add(a: Operand, b: Operand): Operand {
    return this.node('ADD', {}, [a, b], a.shape);
  }

  subtract(a: Operand, b: Operand): Operand {
    return this.node('SUBTRACT', {}, [a, b], a.shape);
  }

  multiply(a: Operand, b: Operand): Operand {
    return this.node('MULTIPLY', { scale: 1 }, [a, b], a.shape);
  }

  /** The function of this name; throws for one that no cell has. */
  activate(name: string, x: Operand): Operand {
    const known = ACTIVATIONS[name];
    if (!known) {
      throw new StudioError('op-unsupported', `activation "${name}" of a recurrent layer is not supported`, {
        layer: this.context.layer.key,
      });
    }
    return this.node(known[0], known[1], [x], x.shape);
  }

  /** Rows of mean 0 and deviation 1, times `scale`, plus `bias`; both per column. */
  layerNorm(name: string, x: Operand, scale: Tensor, bias: Tensor | undefined, eps: number): Operand {
    const count = scale.data.length;
    const exact = { kind: 'exact', type: 'float32' } as const;
    const zeros: Tensor = { type: 'float32', shape: [count], data: new Float32Array(count) };
    const constants = [
      this.context.constant(`${name}_bias`, [count], bias ?? zeros, exact),
      this.context.constant(name, [count], scale, exact),
    ];
    return this.context.helper('LAYER_NORM', { eps }, [x.tensor, ...constants], x.shape, { precise: true });
  }

  /** Limits to ±bound; 0 = no limit. */
  clip(x: Operand, bound: number): Operand {
    return bound > 0 ? this.node('CLIP', { min: -bound, max: bound }, [x], x.shape) : x;
  }

  reshape(x: Operand, shape: Shape): Operand {
    if (x.shape.join() === shape.join()) return x;
    const plain = this.context.ordered(x, identity(x.shape.length));
    const size = [...shape].reverse();
    return this.context.helper('RESHAPE', { size }, [plain.tensor], shape, { like: x });
  }

  /** `count` elements of one axis from `begin`. */
  cut(x: Operand, axis: number, begin: number, count: number): Operand {
    return cutOut(this.context, x, axis, begin, count);
  }

  /** Side by side along the last axis. */
  join(a: Operand, b: Operand): Operand {
    return this.node('CONCAT', { axis: 0 }, [a, b], [a.shape[0], a.shape[1] + b.shape[1]]);
  }

  /** Zeros of a state, as a constant. */
  zeros(name: string, shape: Shape): Operand {
    const count = shape.reduce((product, dim) => product * dim, 1);
    const values: Tensor = { type: 'float32', shape, data: new Float32Array(count) };
    const tensor = this.context.constant(name, [...shape].reverse(), values, { kind: 'weight' });
    return { tensor, shape, order: identity(shape.length) };
  }

  /** A dense layer whose kernel [in, out] is one constant for all steps. */
  dense(name: string, kernel: Tensor, bias: Tensor | undefined): (x: Operand) => Operand {
    const [inputs, outputs] = kernel.shape;
    const { context } = this;
    // The first step's input says of which type the constants are; all steps have the same.
    let constants: readonly [weight: number, bias: number] | undefined;
    const make = (input: Operand): readonly [number, number] => {
      const turned = transpose(kernel, [1, 0]);
      const weight = context.constant(name, [inputs, outputs], turned, { kind: 'weight', input });
      if (!bias) return [weight, -1];
      return [weight, context.constant(`${name}_bias`, [outputs], bias, { kind: 'bias', input, weight })];
    };
    return (x) => {
      constants ??= make(x);
      const shape = [x.shape[0], outputs];
      return context.helper('FCL', { weights: outputs }, [x.tensor, ...constants], shape, {
        precise: true,
      });
    };
  }
}
