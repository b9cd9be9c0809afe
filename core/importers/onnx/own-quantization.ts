import { keepsSteps, ownEntry, ownTypeOf, type OwnParameters } from '../../network/own-quantization.ts';
import type { QuantizeEntry } from '../../network/quantize-table.ts';
import type { Builder } from './builder.ts';
import type { Draft } from './draft.ts';
import type { OnnxGraph } from './graph.ts';
import type { BoundInput } from './inputs.ts';
import type { OnnxNode } from './node.ts';
import { fromNumbers, numbersOf, scalarOf } from './numeric.ts';
import { copiedInputs, handsOn, realForm, REAL_OPSET, type RealForm } from './own-quantization-forms.ts';
import {
  dequantized,
  quantizedConstant,
  weightEntry,
  type Dequantized,
  type Parameters,
} from './own-constants.ts';
import { isLinear, isQuantize, planOwnQuantization } from './own-quantization-plan.ts';
import type { QuantizationSource } from './quantization-source.ts';
import type { Selection } from './select.ts';
import { emitMarked, markTensor } from './tensor-marks.ts';

/** Weights of these operators are input 1. */
const WEIGHTED = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul']);

/**
 * Carries a model's own quantization over: what only quantizes or dequantizes leaves no layer, and the parameters stay
 * with the layers as table entries. Operators on integers become those on reals that they stand for.
 */
export class OwnQuantization implements QuantizationSource {
  /** What is not as in the model, for people. */
  readonly notes: string[] = [];
  private readonly planned: ReadonlyMap<string, OwnParameters>;
  /** Constants that were stored as integers, by the name of the real tensor. */
  private readonly constants = new Map<string, Dequantized>();
  /** How a constant operand becomes a `variable` layer of this name. */
  private readonly operands = new Map<string, QuantizeEntry>();

  constructor(graph: OnnxGraph, selection: Selection) {
    this.planned = planOwnQuantization(graph, selection);
    const rounded = [...this.planned.values()].filter((own) => !keepsSteps(own)).length;
    if (rounded === 0) return;
    this.notes.push(
      `${rounded} int16 tensors have steps that are no powers of two, as the NPU needs: they get the next larger ones`,
    );
  }

  /** Those of other domains that only quantize or dequantize are ONNX's own. */
  labelOf(node: OnnxNode): string {
    return isLinear(node) ? node.opType : node.label;
  }

  stands(node: OnnxNode): boolean {
    return realForm(node) !== undefined;
  }

  /** Integer inputs that are only dequantized take reals. */
  inputs(bound: readonly BoundInput[]): BoundInput[] {
    return bound.map((input) =>
      this.planned.has(input.name) ? { ...input, type: 'float32', modelType: 'float32' } : input,
    );
  }

  /** Gives the graph's inputs their entries. */
  markInputs(builder: Builder): void {
    for (const [name, own] of this.planned) {
      const value = builder.values.get(name);
      if (value) markTensor(value.ref, own);
    }
  }

  /** Imports the node if it is about quantization. @returns false when it is to be imported like any other */
  convert(node: OnnxNode, builder: Builder): boolean {
    if (isLinear(node))
      return isQuantize(node) ? this.quantize(node, builder) : this.dequantize(node, builder);
    const output = this.planned.get(node.outputs[0] ?? '');
    const form = output && realForm(node);
    if (form) this.convertReal(node, builder, form, output);
    else if (output && node.opType === 'Pad') return this.convertPad(node, builder, output);
    return form !== undefined;
  }

  /** After a node: whether it moved a constant that was stored as integers, or its layer holds such a weight. */
  converted(node: OnnxNode, builder: Builder): void {
    const moved = this.constants.get(node.inputs[0] ?? '');
    if (moved && copiedInputs(node)?.length === 1 && handsOn(node) && builder.constant(node, 0)) {
      for (const name of node.outputs) if (builder.constants.has(name)) this.remember(name, builder, moved);
    }
    const stored = this.constants.get(node.inputs[1] ?? '');
    const made = builder.values.get(node.outputs[0] ?? '');
    if (!stored || !made || !WEIGHTED.has(node.opType)) return;
    const layer = layerBehind(made.ref.draft);
    const entry = weightEntry(stored, layer.coefficients.get('weight'));
    if (entry) layer.entries.set('weight', entry);
    else this.notes.push(`the weight of ${node.name} has zero points per channel: it is quantized anew`);
  }

  /** After all nodes: entries of constants that are layers of their own. */
  finish(outputs: readonly Draft[]): void {
    const seen = new Set<Draft>(outputs);
    for (const draft of seen) {
      for (const input of draft.inputs) seen.add(input.draft);
      const entry = draft.op === 'variable' ? this.operands.get(draft.name) : undefined;
      if (entry) draft.entries.set('out0', entry);
    }
  }

  private quantize(node: OnnxNode, builder: Builder): boolean {
    const [name] = node.outputs;
    const own = this.planned.get(name);
    if (own) {
      emitMarked(builder, node.inputs[0], name, own, true);
      return true;
    }
    const values = builder.constant(node, 0);
    const parameters = parametersOf(node, builder, 1, 2, node.int('axis', 1));
    const type = builder.onnxTypes.get(node.inputs[2] ?? '');
    const stored = values && parameters && quantizedConstant(node, values, parameters, type);
    if (stored) builder.emitConstant(node, 0, stored);
    return stored !== undefined;
  }

  private dequantize(node: OnnxNode, builder: Builder): boolean {
    if (this.planned.has(node.inputs[0])) {
      builder.rename(node.inputs[0], node.outputs[0]);
      return true;
    }
    const stored = builder.constant(node, 0);
    const parameters = parametersOf(node, builder, 1, 2, node.int('axis', 1));
    if (!stored || !parameters) return false;
    const known = dequantized(node, stored, { ...parameters, block: node.int('block_size', 0) });
    builder.emitConstant(node, 0, known.real);
    this.remember(node.outputs[0], builder, known);
    return true;
  }

  private remember(name: string, builder: Builder, known: Dequantized): void {
    this.constants.set(name, known);
    const type = ownTypeOf(known.type);
    const layer = builder.constants.get(name)?.layerName;
    if (!type || layer === undefined || known.scales.length > 1) return;
    const entry = ownEntry({ type, scale: known.scales[0], zero: known.zeros[0] });
    if (entry) this.operands.set(layer, entry);
  }

  private convertReal(node: OnnxNode, builder: Builder, form: RealForm, own: OwnParameters): void {
    const inputs = form.operands.map(({ input, scale, zero, axis }) => {
      const stored = builder.constant(node, input);
      if (!stored) return node.inputs[input];
      const parameters = parametersOf(node, builder, scale, zero, axis);
      if (!parameters) throw node.invalid(`input ${scale} or ${zero} is missing`);
      return this.constantInput(builder, node, input, dequantized(node, stored, parameters));
    });
    if (form.bias !== undefined && builder.present(node, form.bias)) {
      inputs.push(this.biasInput(builder, node, form, form.bias));
    }
    const real = `${node.outputs[0]}_real`;
    const inner = node.as(form.op, inputs, [real], form.opset ?? REAL_OPSET);
    builder.run(inner);
    this.converted(inner, builder);
    for (const name of inputs) if (!node.inputs.includes(name)) builder.constants.delete(name);
    emitMarked(builder, real, node.outputs[0], own, true);
  }

  private constantInput(builder: Builder, node: OnnxNode, input: number, known: Dequantized): string {
    const name = `${node.outputs[0]}_input${input}`;
    builder.constants.set(name, { tensor: known.real, layerName: `Constant_${name}` });
    this.remember(name, builder, known);
    return name;
  }

  /** A bias of int32 counts in steps of the scales of both operands. */
  private biasInput(builder: Builder, node: OnnxNode, { operands }: RealForm, input: number): string {
    const bias = builder.requireConstant(node, input, 'the bias');
    const [left, right] = operands.map(({ scale }) =>
      numbersOf(builder.requireConstant(node, scale, 'the scale')),
    );
    const products = Float32Array.from(right, (scale) => left[0] * scale);
    const scale = fromNumbers('float32', [products.length], products);
    const flat = { ...bias, shape: [bias.data.length] };
    const known = dequantized(node, flat, { scale, zero: undefined, axis: 0 });
    return this.constantInput(builder, node, input, known);
  }

  /** The integer that fills becomes the real it stands for. */
  private convertPad(node: OnnxNode, builder: Builder, own: OwnParameters): boolean {
    const fill = scalarOf(builder.constant(node, 2));
    const real = ((fill ?? own.zero) - own.zero) * own.scale;
    const name = `${node.outputs[0]}_fill`;
    builder.constants.set(name, {
      tensor: fromNumbers('float32', [], [real]),
      layerName: `Constant_${name}`,
    });
    const inputs = node.inputs.map((given, index) => (index === 2 ? name : given));
    builder.run(node.as(node.opType, inputs, node.outputs, node.opset));
    builder.constants.delete(name);
    return true;
  }
}

function parametersOf(
  node: OnnxNode,
  builder: Builder,
  scaleInput: number,
  zeroInput: number,
  axis: number,
): Parameters | undefined {
  const scale = builder.constant(node, scaleInput);
  const zero = builder.constant(node, zeroInput);
  if (!scale || (builder.present(node, zeroInput) && !zero)) return undefined;
  return { scale, zero, axis };
}

/** The layer whose result the importer's own permutes and reshapes hand on. */
function layerBehind(draft: Draft): Draft {
  let layer = draft;
  while (layer.kind !== 'layer' && layer.inputs.length > 0) layer = layer.inputs[0].draft;
  return layer;
}
