import { z } from 'zod';
import { StudioError } from '../../network/errors.ts';
import { readModelExplorer } from './model-explorer.ts';
import { NETRON_SIGNATURE, readNetron } from './netron.ts';
import type { NodeData } from './node-data.ts';

/** Larger files are refused before they are read as JSON. */
export const MAX_NODE_DATA = 32 * 2 ** 20;
/** Quantities of one file, and values of each. */
const MAX_QUANTITIES = 100;
const MAX_VALUES = 1_000_000;

/**
 * Reads values of layers from a Netron attachment or Model Explorer's node data, whichever it is.
 * @throws StudioError 'file-unreadable' with what is wrong
 */
export function readNodeData(bytes: Uint8Array, file: string): NodeData[] {
  const found = quantities(documentOf(bytes, file), file).filter(({ values }) => values.size > 0);
  if (found.length === 0) throw refused(file, 'it holds no values of nodes');
  const values = found.reduce((sum, data) => sum + data.values.size, 0);
  if (found.length > MAX_QUANTITIES || values > MAX_VALUES)
    throw refused(file, `it holds ${found.length} quantities with ${values} values, which is too many`);
  return found;
}

function documentOf(bytes: Uint8Array, file: string): object {
  if (bytes.byteLength > MAX_NODE_DATA) throw refused(file, 'it is larger than 32 MiB');
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw refused(file, 'it is not JSON');
  }
  if (typeof document === 'object' && document !== null && !Array.isArray(document)) return document;
  throw refused(file, 'it is not a JSON object');
}

function quantities(document: object, file: string): NodeData[] {
  if ('signature' in document && document.signature === NETRON_SIGNATURE) return readNetron({ ...document });
  try {
    const found = readModelExplorer(document, file.replace(/\.json$/i, ''));
    if (found) return found;
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const [issue] = error.issues;
    throw refused(file, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'it has the wrong form'}`);
  }
  throw refused(file, 'it is neither a Netron attachment nor node data of Model Explorer');
}

function refused(file: string, reason: string): StudioError {
  return new StudioError(
    'file-unreadable',
    `this node data cannot be read: ${reason}`,
    { file },
    'See docs/formats/node-data.md for both formats.',
  );
}
