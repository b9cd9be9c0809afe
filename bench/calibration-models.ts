/** The models of the calibration benchmark and pictures for them. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { defaultInputMeta } from '../core/files/inputmeta-default.ts';
import { packageRoot } from '../core/files/package-root.ts';
import { importOnnx } from '../core/importers/onnx/import.ts';
import type { InputMeta } from '../core/network/input-meta.ts';
import type { Network } from '../core/network/network.ts';

/** A model file and the pictures it is calibrated with. */
export interface Model {
  name: string;
  path: string;
  channelMeanValue: string;
  /** A list of pictures, or what to draw. */
  pictures: string | Drawing;
}

interface Drawing {
  format: 'png' | 'jpeg';
  width: number;
  height: number;
  channels: 1 | 3;
}

/** Pictures that are drawn for a model; a dataset repeats them. */
const DRAWN = 24;

const sample = join(packageRoot(), 'assets/sample');
const shared = join(packageRoot(), '../shared/models/onnx');
const BYTES_TO_ONE = '0 0 0 0.00392156';

const MODELS: readonly Model[] = [
  {
    name: 'MobileNetV2-tiny',
    path: join(sample, 'mobilenetv2-tiny.onnx'),
    channelMeanValue: BYTES_TO_ONE,
    pictures: join(sample, 'fashion-mnist/calibration.txt'),
  },
  {
    name: 'ResNet-20',
    path: join(shared, 'resnet20-cifar10/resnet20-cifar10-opset17.onnx'),
    channelMeanValue: '123.7 116.3 103.5 0.017',
    pictures: { format: 'png', width: 32, height: 32, channels: 3 },
  },
  {
    name: 'LeNet',
    path: join(shared, 'lenet-mnist/lenet-mnist-opset17.onnx'),
    channelMeanValue: BYTES_TO_ONE,
    pictures: { format: 'png', width: 28, height: 28, channels: 1 },
  },
  {
    name: 'UltraFace slim 320',
    path: join(shared, 'ultraface-slim-320/version-slim-320.onnx'),
    channelMeanValue: '127 127 127 0.0078125',
    pictures: { format: 'jpeg', width: 640, height: 480, channels: 3 },
  },
  {
    name: 'FastestDet',
    path: join(shared, 'fastestdet-coco/FastestDet.onnx'),
    channelMeanValue: BYTES_TO_ONE,
    pictures: { format: 'jpeg', width: 640, height: 480, channels: 3 },
  },
];

/** The models that are there; those whose name contains one of the words, if there are any. */
export function models(words: readonly string[]): Model[] {
  const wanted = ({ name }: Model): boolean =>
    words.length === 0 || words.some((word) => name.toLowerCase().includes(word.toLowerCase()));
  return MODELS.filter((model) => existsSync(model.path) && wanted(model));
}

/** A model ready to be calibrated. */
export interface Prepared {
  bytes: Uint8Array;
  network: Network;
  meta: InputMeta;
  shape: readonly number[];
}

/** Imports the model and describes its input. `list` is the file with the names of the pictures. */
export async function prepare(model: Model, list: string): Promise<Prepared> {
  const bytes = readFileSync(model.path);
  const network = await importOnnx(bytes, { name: basename(model.path, '.onnx') });
  const meta = defaultInputMeta(network, {
    sourceFiles: [list],
    channelMeanValue: model.channelMeanValue,
  });
  return { bytes, network, meta, shape: network.inputs[0].ints('shape') };
}

/** Writes a model's pictures below `folder`, if it does not bring some; answers the list of their names. */
export async function pictureList({ name, pictures }: Model, folder: string): Promise<string> {
  if (typeof pictures === 'string') return pictures;
  const place = join(folder, name);
  mkdirSync(place, { recursive: true });
  const files = Array.from({ length: DRAWN }, (_, index) => join(place, `${index}.${pictures.format}`));
  for (const [index, file] of files.entries()) await draw(file, pictures, index);
  const list = join(place, 'dataset.txt');
  writeFileSync(list, files.join('\n'));
  return list;
}

/** A picture of soft shapes with grain: as hard to decode as a photo, and the same at every call. */
async function draw(file: string, { width, height, channels }: Drawing, seed: number): Promise<void> {
  let state = seed + 1;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const waves = Array.from({ length: 4 * channels }, () => ({
    x: (random() * 16) / width,
    y: (random() * 16) / height,
    phase: random() * 6,
  }));
  const data = new Uint8ClampedArray(width * height * channels);
  for (let at = 0; at < data.length; at++) {
    const channel = at % channels;
    const pixel = (at - channel) / channels;
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    let value = 118 + 20 * random();
    for (let wave = channel; wave < waves.length; wave += channels) {
      value += 32 * Math.sin(waves[wave].x * x + waves[wave].y * y + waves[wave].phase);
    }
    data[at] = value;
  }
  await sharp(data, { raw: { width, height, channels } }).toFile(file);
}
