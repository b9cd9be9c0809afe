import { StudioError } from '../../network/errors.ts';
import type { Tensor } from '../../network/tensor.ts';
import type { Bundle } from './bundle.ts';
import { splitTensor, type SourceNode } from './source.ts';

const utf8 = new TextDecoder();

const VARIABLES = new Set(['VarHandleOp', 'VariableV2', 'Variable']);
const ASSIGNMENTS = new Set(['Assign', 'AssignVariableOp']);
const COPIES = new Set(['Identity', 'IdentityN']);

/** Steps back from an assignment to what it assigns. */
const MAX_STEPS = 64;

/**
 * The values of the variables of a SavedModel, by node. Which entry of the checkpoint belongs to a variable is said by
 * the part of the graph that restores it; where there is none, by its name.
 * @throws StudioError file-missing when the graph has variables and no checkpoint was given
 */
export function variableValues(
  nodes: readonly SourceNode[],
  bundle: Bundle | undefined,
): Map<string, () => Tensor> {
  const variables = nodes.filter(({ op }) => VARIABLES.has(op));
  const values = new Map<string, () => Tensor>();
  if (variables.length === 0) return values;
  if (!bundle) {
    throw new StudioError(
      'file-missing',
      `the graph has ${variables.length} variables, whose values are not in the file`,
      {},
      'Give the folder of the SavedModel with its variables, or freeze the graph.',
    );
  }
  const keys = restoredKeys(nodes);
  for (const node of variables) {
    const shared = node.attrs.get('shared_name')?.s;
    const names = [keys.get(node.name), shared && utf8.decode(shared), node.name];
    const key = names.find((name) => name !== undefined && bundle.has(name));
    if (key !== undefined) values.set(node.name, () => bundle.load(key));
  }
  return values;
}

/** Keys in the checkpoint by variable: every assignment of what RestoreV2 reads. */
function restoredKeys(nodes: readonly SourceNode[]): Map<string, string> {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const producer = (tensor: string | undefined) => {
    let { node, port } = splitTensor(tensor ?? '');
    let found = byName.get(node);
    for (let i = 0; found && COPIES.has(found.op) && i < MAX_STEPS; i++) {
      ({ node, port } = splitTensor(found.inputs[port] ?? ''));
      found = byName.get(node);
    }
    return { node: found, port };
  };
  const lists = new Map<SourceNode, string[]>();
  const keys = new Map<string, string>();
  for (const { op, inputs } of nodes) {
    if (!ASSIGNMENTS.has(op)) continue;
    const { node: restore, port } = producer(inputs[1]);
    const { node: variable } = producer(inputs[0]);
    if (restore?.op !== 'RestoreV2' || !variable) continue;
    const list = lists.get(restore) ?? textsOf(producer(restore.inputs[1]).node);
    lists.set(restore, list);
    const key = list[port];
    if (key !== undefined) keys.set(variable.name, key);
  }
  return keys;
}

/** The texts of a Const node. */
const textsOf = (node: SourceNode | undefined): string[] =>
  (node?.attrs.get('value')?.tensor?.stringVal ?? []).map((text) => utf8.decode(text));
