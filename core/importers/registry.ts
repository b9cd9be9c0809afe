import type { Network } from '../network/network.ts';
import { importOnnx } from './onnx/import.ts';
import { looksLikeOnnx } from './onnx/schema.ts';
import type { ImportOptions } from './options.ts';

/** One source framework. */
export interface Importer {
  /** As on the command line: `pegasus import <framework>`. */
  framework: string;
  /** For people. */
  title: string;
  /** File name endings, with the dot. */
  extensions: readonly string[];
  /** Whether a file with this name and these first bytes (a few hundred are enough) is of this framework. */
  detect(head: Uint8Array, name: string): boolean;
  /** Imports the whole file; the network may keep views of `bytes`, which must not change. @throws StudioError naming the problem. */
  import(bytes: Uint8Array, options: ImportOptions): Promise<Network>;
}

/** Every framework we import, in the order they are offered. */
export const importers: readonly Importer[] = [
  {
    framework: 'onnx',
    title: 'ONNX',
    extensions: ['.onnx'],
    detect: (head, name) => name.toLowerCase().endsWith('.onnx') || looksLikeOnnx(head),
    import: importOnnx,
  },
];

/** The importer for a file, by its ending first and its content second; undefined when none knows it. */
export function detectImporter(name: string, head: Uint8Array): Importer | undefined {
  const lower = name.toLowerCase();
  const byName = importers.find(({ extensions }) => extensions.some((ending) => lower.endsWith(ending)));
  return byName ?? importers.find((importer) => importer.detect(head, name));
}
