import type { Network } from '../network/network.ts';
import { FRAMEWORK_FILES, type FileFormat, type Framework } from './formats.ts';
import type { Translation } from './onnx/translate.ts';
import type { ImportOptions } from './options.ts';

/** One source framework. */
export interface Importer extends FileFormat {
  framework: Framework;
  /** Decodes the file without converting anything. @throws StudioError naming the problem. */
  read(bytes: Uint8Array, options: ImportOptions): Promise<Translation>;
  /** Imports the whole file; the network may keep views of `bytes`, which must not change. @throws StudioError naming the problem. */
  import(bytes: Uint8Array, options: ImportOptions): Promise<Network>;
}

/** How each framework is read, in the order they are offered; the code is loaded when a model needs it. */
const readers: Readonly<Record<Framework, () => Promise<Importer['read']>>> = {
  onnx: async () => (await import('./onnx/import.ts')).readOnnx,
  tensorflow: async () => (await import('./tensorflow/import.ts')).readTensorflow,
  tflite: async () => (await import('./tflite/import.ts')).readTflite,
  pytorch: async () => (await import('./pytorch/import.ts')).readPytorch,
  caffe: async () => (await import('./caffe/import.ts')).readCaffe,
  keras: async () => (await import('./keras/import.ts')).readKeras,
  darknet: async () => (await import('./darknet/import.ts')).readDarknet,
};

/** The importer of a framework. */
export function importerOf(framework: Framework): Importer {
  const read: Importer['read'] = async (bytes, options) => (await readers[framework]())(bytes, options);
  return {
    framework,
    ...FRAMEWORK_FILES[framework],
    read,
    import: async (bytes, options) => {
      const [{ translate }, translation] = await Promise.all([
        import('./onnx/translate.ts'),
        read(bytes, options),
      ]);
      return translate(translation, options);
    },
  };
}

/** Every framework we import, in the order they are offered. */
export const importers: readonly Importer[] = (Object.keys(readers) as Framework[]).map(importerOf);
