import { Unsupported } from '../onnx/builder.ts';
import { composed } from '../onnx/compose.ts';
import type { OnnxNode } from '../onnx/node.ts';
import type { OperatorFamily } from '../onnx/operator.ts';
import { LayerContext } from './context.ts';
import { HELPERS, type LayerUse } from './flatten.ts';
import type { LayerFamily, LayerKind } from './kind.ts';
import { attentions } from './layers/attention.ts';
import { sequences } from './layers/sequence.ts';
import { Masks } from './masks.ts';
import { isOperation, operationOf } from './operations/index.ts';
import type { KerasLayer } from './model.ts';
import { convolutions } from './layers/convolution.ts';
import { core } from './layers/core.ts';
import { merges } from './layers/merge.ts';
import { normalizations } from './layers/normalization.ts';
import { poolings } from './layers/pooling.ts';
import { preprocessing } from './layers/preprocessing.ts';
import { recurrents } from './layers/recurrent.ts';
import { shapes } from './layers/shape.ts';

/** Every class of layers we import. */
export const layerKinds: LayerFamily = {
  ...attentions,
  ...convolutions,
  ...core,
  ...merges,
  ...normalizations,
  ...poolings,
  ...preprocessing,
  ...recurrents,
  ...sequences,
  ...shapes,
};

/** Types of {@link layerKinds} that are no classes of Keras. */
export const HELPER_KINDS: readonly string[] = Object.values(HELPERS);

/** The kind of a layer's or operation's type. */
export function kindOf(type: string): LayerKind | undefined {
  if (isOperation(type)) return operationOf(type);
  return Object.hasOwn(layerKinds, type) ? layerKinds[type] : undefined;
}

/** Names of a layer's weights: those that are trained, then the others. */
export function weightNames(layer: KerasLayer): { trained: readonly string[]; frozen: readonly string[] } {
  const { trained, frozen = [] } = kindOf(layer.type)?.weights?.(layer) ?? { trained: [] };
  return { trained, frozen };
}

/** Why a class can not be imported. */
function reasonOf(type: string): string {
  if (type === 'Lambda')
    return 'it runs Python code that is in the file; code of a model is never run: write it as layers';
  if (isOperation(type)) return 'this operation can not be imported';
  return "not one of Keras' layers that can be imported; what a class of the model's own computes is not in the file";
}

/** The operators `keras:TYPE` of one model. @param major version of Keras that wrote it */
export function kerasFamily(uses: ReadonlyMap<OnnxNode, LayerUse>, major: number): OperatorFamily {
  const masks = new Masks();
  const types = new Set([...uses.keys()].map(({ opType }) => opType));
  return Object.fromEntries(
    [...types, ...Object.keys(layerKinds)].map((type) => {
      const kind = kindOf(type);
      const convert = composed((c, node) => {
        if (!kind) throw new Unsupported(reasonOf(type));
        const use = uses.get(node);
        if (!use) throw node.invalid('it is not a layer of the model');
        const { trained, frozen } = weightNames(use.layer);
        kind.write(new LayerContext(c, node, { use, major, masks }, [...trained, ...frozen]));
        masks.handOn(type, node.inputs.slice(0, use.tensors), node.outputs[0]);
      });
      return [`keras:${type}`, { convert }];
    }),
  );
}
