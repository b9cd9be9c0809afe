import { StudioError } from '../network/errors.ts';
import { parseOptions, type OptionsSchema } from './options.ts';

/**
 * An import that this version knows the options of, but can't do: wrong usage is answered as if it could.
 * @throws StudioError always
 */
export function unavailableImport(framework: string, schema: OptionsSchema, options: unknown): never {
  parseOptions(schema, options);
  throw new StudioError(
    'op-unsupported',
    `this version can't import ${framework} models`,
    {},
    'Export the model as ONNX and use "pegasus import onnx".',
  );
}
