import { makeNode } from '../onnx/compose.ts';
import { readSubgraph, type SubgraphReading, type TensorStorage } from './graph.ts';
import type { TfliteModel } from './model.ts';
import type { OnnxNode } from '../onnx/node.ts';
import type { Tensor } from '../../network/tensor.ts';

/** What a variable is known by, for each tensor that is a handle of one. */
function handlesOf(nodes: readonly OnnxNode[]): Map<string, string> {
  const handles = nodes.filter(({ opType }) => opType === 'VAR_HANDLE');
  return new Map(
    handles.map((node) => [
      node.outputs[0] ?? '',
      `${node.text('container', '')}/${node.text('shared_name', '')}`,
    ]),
  );
}

/** Values that the model's own set-up gives to variables. */
function initialValues(
  model: TfliteModel,
  main: SubgraphReading,
  storage: TensorStorage,
): Map<string, () => Tensor> {
  const values = new Map<string, () => Tensor>();
  const calls = main.nodes.filter(({ opType }) => opType === 'CALL_ONCE');
  for (const [index, call] of calls.entries()) {
    const setup = readSubgraph(model, call.int('init', 0), storage, `set-up ${index}/`);
    const handles = handlesOf(setup.nodes);
    for (const { opType, inputs } of setup.nodes) {
      const variable = handles.get(inputs[0] ?? '');
      const value = setup.constants.get(inputs[1] ?? '');
      if (opType === 'ASSIGN_VARIABLE' && variable !== undefined && value) values.set(variable, value);
    }
  }
  return values;
}

/**
 * Replaces reads of variables by what is known to be in them: the value that was written before in the same run, or the
 * initial one where a run never writes. The others stay, to be reported: they keep a state between runs.
 */
export function resolveVariables(model: TfliteModel, main: SubgraphReading, storage: TensorStorage): void {
  const handles = handlesOf(main.nodes);
  if (handles.size === 0) return;
  const initial = initialValues(model, main, storage);
  const assigns = main.nodes.filter(({ opType }) => opType === 'ASSIGN_VARIABLE');
  const assigned = new Set(assigns.map(({ inputs }) => handles.get(inputs[0] ?? '')));
  const present = new Map<string, string>();
  main.nodes = main.nodes.flatMap((node) => {
    const variable = handles.get(node.inputs[0] ?? '');
    if (variable === undefined) return [node];
    if (node.opType === 'ASSIGN_VARIABLE') {
      present.set(variable, node.inputs[1] ?? '');
      return [];
    }
    const { outputs, name, layerName } = node;
    const known = present.get(variable);
    if (known !== undefined)
      return [makeNode({ type: 'Identity', name, inputs: [known], outputs, layerName }, 0)];
    const value = initial.get(variable);
    if (node.opType !== 'READ_VARIABLE' || assigned.has(variable) || !value) return [node];
    for (const output of outputs) main.constants.set(output, value);
    return [];
  });
}
