import type { Layer, ParameterValue, TensorRef } from '../network/layer.ts';
import type { GraphEditor } from './editor.ts';
import type { Pass } from './pass.ts';

interface Found {
  input: TensorRef;
  /** The permute between padding and convolution, if there is one. */
  permute: Layer | undefined;
  /** [top, bottom, left, right] */
  amounts: number[];
}

/** [[before, after] per axis] of a padding with zeros, or undefined. */
function zeroPadding(pad: Layer): number[][] | undefined {
  const values = pad.parameters.get('padding_value');
  const constant = pad.text('padding_mode', 'CONSTANT') === 'CONSTANT';
  if (!constant || pad.number('padding_const', 0) !== 0 || !Array.isArray(values)) return undefined;
  const pairs = values.map((pair) => (Array.isArray(pair) ? pair.map(Number) : []));
  return pairs.every((pair) => pair.length === 2) ? pairs : undefined;
}

function match(editor: GraphEditor, layer: Layer): Found | undefined {
  if (layer.op !== 'convolution' || layer.text('pad_method', 'auto') !== 'padding_const') return undefined;
  const permute = editor.soleProducer(layer.inputs[0], 'permute');
  const pad = editor.soleProducer(permute ? permute.inputs[0] : layer.inputs[0], 'pad');
  const stored = pad && zeroPadding(pad);
  if (!pad || stored?.length !== 4) return undefined;
  const pairs = permute ? permute.ints('perm', [0]).map((axis) => stored[axis]) : stored;
  if ([...pairs[0], ...pairs[3]].some((amount) => amount !== 0)) return undefined;
  return { input: pad.inputs[0], permute, amounts: [...pairs[1], ...pairs[2]] };
}

/** A padding with zeros in front of a convolution becomes the convolution's own. */
export const padConvolution: Pass = {
  name: 'pad-convolution',
  reason: 'Convolutions pad for free; a padding of its own writes the whole tensor once more.',
  apply(editor) {
    let count = 0;
    for (const { key } of editor.layers()) {
      const layer = editor.current(key);
      const found = layer && match(editor, layer);
      if (!layer || !found) continue;
      const own = layer.ints('pad', [0, 0, 0, 0]);
      const pad = own.map((amount, i) => amount + found.amounts[i]);
      const { permute } = found;
      if (permute) {
        editor.replace(permute, {
          op: 'permute',
          parameters: permute.parameters,
          inputs: [found.input],
          reshapes: true,
        });
      }
      const parameters = new Map<string, ParameterValue>(layer.parameters);
      parameters.set('pad', pad).set('pad_h', pad[0]).set('pad_w', pad[2]);
      const inputs = permute ? layer.inputs : [found.input];
      editor.replace(layer, { op: layer.op, parameters, inputs, coefficients: editor.coefficients(layer) });
      count++;
    }
    return count;
  },
};
