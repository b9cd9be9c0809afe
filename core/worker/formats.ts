import { FRAMEWORK_FILES, type FileFormat } from '../importers/formats.ts';
import type { NamedBytes } from './contract.ts';

/** The network that every import ends in, opened as a model itself. */
export const ACUITY_FILES: FileFormat = {
  title: 'ACUITY network',
  extensions: ['.json'],
  companions: ['.data'],
};

/** Every model format the product knows; which of them the studio opens is said by its readers. */
export const FORMATS: readonly FileFormat[] = [
  FRAMEWORK_FILES.onnx,
  ACUITY_FILES,
  ...Object.values(FRAMEWORK_FILES).slice(1),
];

/** Picks the first file with one of these extensions. */
export function byExtension(
  ...extensions: readonly string[]
): (files: readonly NamedBytes[]) => NamedBytes | undefined {
  return (files) => files.find(({ name }) => hasEnding(name, extensions));
}

/** Whether a file name ends in one of these, in any case of letters. */
export function hasEnding(name: string, endings: readonly string[]): boolean {
  return endings.some((ending) => name.toLowerCase().endsWith(ending));
}
