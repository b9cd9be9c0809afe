import type { NamedBytes } from './contract.ts';

/** A kind of model file by its name and file extensions. */
export interface KnownFormat {
  name: string;
  extensions: string[];
}

/** Every model format the product knows; which of them the studio opens is said by its readers. */
export const FORMATS = {
  onnx: { name: 'ONNX', extensions: ['.onnx'] },
  acuity: { name: 'ACUITY network', extensions: ['.json'] },
  tensorflow: { name: 'TensorFlow', extensions: ['.pb'] },
  tflite: { name: 'TensorFlow Lite', extensions: ['.tflite'] },
  caffe: { name: 'Caffe', extensions: ['.prototxt', '.caffemodel'] },
  darknet: { name: 'Darknet', extensions: ['.cfg', '.weights'] },
  keras: { name: 'Keras', extensions: ['.h5', '.hdf5', '.keras'] },
  pytorch: { name: 'PyTorch', extensions: ['.pt', '.pth'] },
} satisfies Record<string, KnownFormat>;

/** Picks the first file with one of these extensions. */
export function byExtension(
  ...extensions: string[]
): (files: readonly NamedBytes[]) => NamedBytes | undefined {
  return (files) => files.find(({ name }) => extensions.some((end) => name.toLowerCase().endsWith(end)));
}
