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

/** An importer; its code is loaded when a model needs it. */
function importer(framework: Framework, reader: () => Promise<Importer['read']>): Importer {
  const read: Importer['read'] = async (bytes, options) => (await reader())(bytes, options);
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
export const importers: readonly Importer[] = [
  importer('onnx', async () => (await import('./onnx/import.ts')).readOnnx),
  importer('tensorflow', async () => (await import('./tensorflow/import.ts')).readTensorflow),
  importer('tflite', async () => (await import('./tflite/import.ts')).readTflite),
  importer('pytorch', async () => (await import('./pytorch/import.ts')).readPytorch),
  importer('caffe', async () => (await import('./caffe/import.ts')).readCaffe),
  importer('keras', async () => (await import('./keras/import.ts')).readKeras),
  importer('darknet', async () => (await import('./darknet/import.ts')).readDarknet),
];

/** The importer of a framework; undefined for one that this version can't import. */
export const importerOf = (framework: Framework): Importer | undefined =>
  importers.find((one) => one.framework === framework);
