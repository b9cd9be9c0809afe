import { StudioError } from '../../network/errors.ts';
import { inputsOf, isDataLayer, type CaffeInput } from './data-layers.ts';
import { layerError, type CaffeLayer } from './layer.ts';
import type { Message } from './message.ts';
import { layersOfTest } from './phase.ts';
import { upgradeV0 } from './v0.ts';
import { upgradeV1 } from './v1.ts';

/** A net for inference, whatever generation of the format it was written in. */
export interface CaffeNet {
  name: string;
  inputs: CaffeInput[];
  /** In the order of the file; layers that only feed data or only train are left out. */
  layers: CaffeLayer[];
}

/** More layers than any net has: the deepest published ones have some thousands. */
const MOST_LAYERS = 20_000;

/** Brings a parsed .prototxt into today's form, as Caffe upgrades it. @throws StudioError */
export function readNet(root: Message): CaffeNet {
  const layers = layersOfTest(root, upgraded(root));
  if (layers.length === 0) {
    const solver = root.has('base_lr') || root.has('net') || root.has('train_net');
    const hint = solver
      ? 'Give the prototxt that its "net" names, or better the deploy.prototxt.'
      : undefined;
    const what = solver ? 'this is a solver, not a net' : 'it describes no layers';
    throw new StudioError('file-malformed', what, {}, hint);
  }
  if (layers.length > MOST_LAYERS)
    throw new StudioError('file-malformed', `it describes ${layers.length} layers, more than any net has`);
  checkTypes(layers);
  const inputs = [...declaredInputs(root), ...layers.filter(isDataLayer).flatMap(inputsOf)];
  return { name: root.text('name', ''), inputs, layers: layers.filter((layer) => !isDataLayer(layer)) };
}

function upgraded(root: Message): CaffeLayer[] {
  const old = root.messages('layers');
  const today = root.messages('layer');
  if (old.length > 0 && today.length > 0) {
    throw new StudioError('file-malformed', 'it mixes "layer" with the "layers" of older formats', {
      line: old[0].line,
    });
  }
  if (old.some((layer) => layer.has('layer'))) return upgradeV0(old);
  if (old.length > 0) return old.map(upgradeV1);
  return today.map((body) => ({
    name: body.text('name', ''),
    type: body.text('type', ''),
    bottoms: body.texts('bottom'),
    tops: body.texts('top'),
    body,
  }));
}

function checkTypes(layers: readonly CaffeLayer[]): void {
  for (const layer of layers) {
    if (layer.type === '') throw layerError({ ...layer, type: 'a layer' }, 'it has no type');
  }
}

/** The inputs of nets from before there were Input layers: `input` with `input_shape` or four `input_dim`. */
function declaredInputs(root: Message): CaffeInput[] {
  const names = root.texts('input');
  const shapes = root.messages('input_shape').map((shape) => shape.ints('dim'));
  const dims = root.ints('input_dim');
  if (shapes.length === 0 && dims.length > 0 && dims.length !== 4 * names.length) {
    throw new StudioError(
      'file-malformed',
      `it has ${dims.length} input_dim for ${names.length} inputs, each needs 4`,
      { line: root.line },
    );
  }
  return names.map((name, index) => {
    const legacy = dims.slice(4 * index, 4 * index + 4);
    return { name, shape: shapes[index] ?? (legacy.length === 4 ? legacy : undefined) };
  });
}
