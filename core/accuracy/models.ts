import { existsSync, readFileSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { z } from 'zod';
import { packageRoot } from '../files/package-root.ts';
import { StudioError } from '../network/errors.ts';

/** How a picture becomes the input of a model: (pixel - mean) * scale, per channel. */
export interface PictureRule {
  mean: readonly number[];
  scale: number | readonly number[];
  order: 'RGB' | 'BGR' | 'gray';
  layout: 'nchw' | 'nhwc';
}

/** A trained model and the pictures it is measured with. All paths are absolute. */
export interface MeasuredModel {
  title: string;
  /** As in `pegasus import FRAMEWORK`. */
  framework: string;
  file: string;
  /** Files that belong to it: weights. */
  companions: readonly string[];
  pictures: PictureRule;
  /** Sizes of the inputs with batch, for models that leave them open. */
  sizes: readonly (readonly number[])[];
  /** List of pictures to calibrate with. */
  calibration: string;
}

/** A classifier with labelled pictures. */
export interface LabelledModel extends MeasuredModel {
  /** List of pictures and their classes. */
  labels: string;
  /** Top-1 accuracy of the float model on that list as another engine has it, 0..1. */
  accuracy: number;
}

/** The classifiers of the table: a title, a framework we import, the model's id in the collection. */
const CLASSIFIERS: readonly (readonly [title: string, framework: string, id: string])[] = [
  ['CIFAR-10 ResNet-20', 'onnx', 'resnet20-cifar10'],
  ['Fashion-MNIST MobileNetV2-tiny', 'onnx', 'mobilenetv2-tiny-fashion'],
  ['MNIST LeNet', 'onnx', 'lenet-mnist'],
];

/** Further models whose layers are measured one by one, and the folder of pictures that suits them. */
const OTHERS: readonly (readonly [title: string, framework: string, id: string, pictures: string])[] = [
  ['PP-OCR text direction', 'onnx', 'ppocr-cls', 'datasets/imagenet'],
  ['UltraFace slim 320', 'onnx', 'ultraface-slim-320', 'datasets/imagenet'],
  ['BlazeFace front', 'onnx', 'blazeface-front', 'datasets/imagenet'],
];

const DETECTOR = ['FastestDet', 'onnx', 'fastestdet-coco', 'datasets/imagenet'] as const;

/** What the collection's list says about a model, as far as we read it. */
const entrySchema = z.object({
  id: z.string(),
  framework: z.string(),
  files: z.array(z.string()).min(1),
  inputs: z.array(z.object({ shape: z.array(z.number()), layout: z.string() })),
  preprocess: z.object({
    mean: z.array(z.number()).optional(),
    scale: z.union([z.number(), z.array(z.number())]).optional(),
    order: z.enum(['RGB', 'BGR', 'gray']).optional(),
  }),
  reference: z.object({
    dataset_output: z.object({ dataset: z.string(), accuracy: z.number() }).optional(),
  }),
});

type Entry = z.output<typeof entrySchema>;

/** Models to measure, from the collection of reference models or, without it, from the bundled sample. */
export interface ModelCollection {
  /** Whether this is the whole collection. */
  complete: boolean;
  classifiers: LabelledModel[];
  others: MeasuredModel[];
  /** A detector with boxes and scores in one output tensor. */
  detector?: MeasuredModel;
}

/** The reference models where they lie beside the checkout, else the bundled sample. */
export function findModels(): ModelCollection {
  const folder = ['../shared/models', '../../shared/models']
    .map((path) => resolve(packageRoot(), path))
    .find((path) => existsSync(path));
  if (folder === undefined) return { complete: false, classifiers: [bundledModel()], others: [] };
  const entry = (framework: string, id: string): Entry => {
    const file = join(folder, framework, 'manifest.json');
    const found = readManifest(file).find((other) => other.id === id);
    if (!found) throw new StudioError('file-malformed', `there is no model "${id}"`, { file });
    return found;
  };
  const other = ([title, framework, id, pictures]: (typeof OTHERS)[number]): MeasuredModel =>
    modelOf(folder, title, entry(framework, id), pictures);
  return {
    complete: true,
    classifiers: CLASSIFIERS.map(([title, framework, id]) => {
      const found = entry(framework, id);
      const data = found.reference.dataset_output;
      if (!data) throw new StudioError('file-malformed', `model "${id}" has no labels`, { file: folder });
      return {
        ...modelOf(folder, title, found, data.dataset),
        labels: join(folder, data.dataset, 'labels.txt'),
        accuracy: data.accuracy,
      };
    }),
    others: OTHERS.map(other),
    detector: other(DETECTOR),
  };
}

/** The MobileNetV2 that comes with the studio; 200 labelled pictures, 50 of them to calibrate with. */
export function bundledModel(): LabelledModel {
  const folder = join(packageRoot(), 'assets/sample');
  return {
    title: 'Fashion-MNIST MobileNetV2-tiny',
    framework: 'onnx',
    file: join(folder, 'mobilenetv2-tiny.onnx'),
    companions: [],
    pictures: { mean: [0], scale: 1 / 255, order: 'gray', layout: 'nchw' },
    sizes: [[1, 1, 28, 28]],
    calibration: join(folder, 'fashion-mnist/calibration.txt'),
    labels: join(folder, 'fashion-mnist/labels.txt'),
    accuracy: 0.91,
  };
}

function readManifest(file: string): Entry[] {
  const read = z.array(entrySchema).safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new StudioError('file-malformed', `"${issue.path.map(String).join('.')}": ${issue.message}`, {
    file,
  });
}

function modelOf(folder: string, title: string, entry: Entry, pictures: string): MeasuredModel {
  const { mean = [0], scale = 1, order = 'RGB' } = entry.preprocess;
  return {
    title,
    framework: entry.framework,
    file: join(folder, entry.framework, entry.files[0]),
    companions: entry.files
      .filter((file) => extname(file) !== extname(entry.files[0]))
      .map((file) => join(folder, entry.framework, file)),
    pictures: { mean, scale, order, layout: entry.inputs[0].layout === 'NHWC' ? 'nhwc' : 'nchw' },
    sizes: entry.inputs.map((input) => input.shape),
    calibration: join(folder, pictures, 'calibration.txt'),
  };
}
