import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { DeviceGraph } from '../core/device/graph.ts';
import { lowerNetwork } from '../core/device/lower.ts';
import { floatPlan, quantizedPlan, type TypePlan } from '../core/device/types.ts';
import { packageRoot } from '../core/files/package-root.ts';
import { importOnnx } from '../core/importers/onnx/import.ts';
import { noise } from '../core/importers/onnx/testing.ts';
import type { Network } from '../core/network/network.ts';
import { elementCount, type Shape } from '../core/network/tensor.ts';
import { resolveScheme } from '../core/quantization/schemes.ts';
import {
  importReference,
  referenceArrays,
  referenceModels,
  tableOf,
} from '../core/testing/reference-models.ts';

/** The number formats that are compared. */
export const FORMATS = ['float32', 'uint8', 'int16'] as const;
export type Format = (typeof FORMATS)[number];

/** A network to measure, with one input for it. */
export interface Subject {
  name: string;
  network: Network;
  input: Float32Array;
  shape: Shape;
}

/** The networks whose speed is a goal: framework, then id in the collection of reference models. */
const GOALS = [
  'caffe/resnet20-cifar10-derived',
  'onnx/mobilenetv2-tiny-fashion',
  'darknet/mobilenetv2-yolo-fastest-voc',
  'darknet/yolo-fastest-1.1-coco',
  'caffe/ultraface-slim-320',
  'onnx/lenet-mnist',
];

/** What there is to measure: ONNX files, else the reference models beside the checkout, else our own sample. */
export function subjectNames(paths: readonly string[]): readonly string[] {
  if (paths.length > 0) return paths;
  if (referenceModels.length > 0) return GOALS;
  return [join(packageRoot(), 'assets/sample/mobilenetv2-tiny.onnx')];
}

/** Loads what {@link subjectNames} names. */
export async function openSubject(name: string): Promise<Subject> {
  if (existsSync(name)) {
    const network = await importOnnx(readFileSync(name), { name: basename(name) });
    const shape = network.inputs[0].ints('shape');
    return { name: basename(name), network, input: Float32Array.from(noise(elementCount(shape))), shape };
  }
  const model = referenceModels.find(({ framework, id }) => `${framework}/${id}` === name);
  if (!model) throw new Error(`${name} is neither a file nor a reference model`);
  const network = await importReference(model);
  const [input] = await referenceArrays(model, 'input');
  return { name: model.id, network, input, shape: network.inputs[0].ints('shape') };
}

/** The network as the device has it; integer formats are calibrated on the subject's input. */
export async function graphOf({ network, input }: Subject, format: Format): Promise<DeviceGraph> {
  const plan = async (): Promise<TypePlan> => {
    if (format === 'float32') return floatPlan('float32');
    const scheme =
      format === 'uint8'
        ? resolveScheme('asymmetric_affine', 'uint8')
        : resolveScheme('dynamic_fixed_point', 'int16');
    return quantizedPlan(await tableOf(network, input, scheme));
  };
  return lowerNetwork(network, { plan: await plan(), batch: 1 }).graph;
}
