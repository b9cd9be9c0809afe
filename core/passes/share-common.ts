import { createHash } from 'node:crypto';
import { formatRef, Real, type Layer, type ParameterValue } from '../network/layer.ts';
import type { Tensor } from '../network/tensor.ts';
import type { GraphEditor } from './editor.ts';
import type { Pass } from './pass.ts';

/** Ends of the graph are never the same, whatever they hold; what a converter converts to is in no parameter. */
const APART = new Set(['input', 'output', 'dtype_converter']);

function parameterText(value: ParameterValue): string {
  if (value instanceof Real) return String(value.value);
  return Array.isArray(value) ? `[${value.map(parameterText).join()}]` : JSON.stringify(value);
}

function digest(tensor: Tensor): string {
  const { buffer, byteOffset, byteLength } = tensor.data;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  return `${tensor.type}[${tensor.shape.join()}]${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Sizes tell most coefficients apart, so contents are only read when everything else agrees. */
const sketch = (tensor: Tensor): string => `${tensor.type}[${tensor.shape.join()}]`;

function textOf(editor: GraphEditor, layer: Layer, coefficient: (tensor: Tensor) => string): string {
  const parameters = [...layer.parameters]
    .map(([name, value]) => `${name}=${parameterText(value)}`)
    .sort()
    .join(';');
  const tensors = [...editor.coefficients(layer)].map(([name, tensor]) => `${name}:${coefficient(tensor)}`);
  return [layer.op, layer.outputs, parameters, layer.inputs.map(formatRef).join(), ...tensors.sort()].join(
    '|',
  );
}

/** Layers that agree in all but the contents of their coefficients; contents are read when there are two. */
interface Group {
  first: Layer;
  known: Map<string, Layer> | undefined;
}

/** Layers that compute the same from the same become one. */
export const shareCommon: Pass = {
  name: 'share-common',
  reason: 'Equal layers on equal inputs give equal results: one is enough.',
  apply(editor) {
    let count = 0;
    const groups = new Map<string, Group>();
    for (const { key } of editor.ordered()) {
      const layer = editor.current(key);
      if (!layer || APART.has(layer.op)) continue;
      const rough = textOf(editor, layer, sketch);
      const group = groups.get(rough);
      if (!group) {
        groups.set(rough, { first: layer, known: undefined });
        continue;
      }
      group.known ??= new Map([[textOf(editor, group.first, digest), group.first]]);
      const exact = textOf(editor, layer, digest);
      const twin = group.known.get(exact);
      if (!twin) {
        group.known.set(exact, layer);
        continue;
      }
      for (let port = 0; port < layer.outputs; port++)
        editor.redirect(layer, { layer: twin.key, port }, port);
      editor.remove(layer);
      count++;
    }
    return count;
  },
};
