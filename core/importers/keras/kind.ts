import type { Config } from './config.ts';
import type { LayerContext } from './context.ts';
import type { KerasLayer } from './model.ts';

/** Names of a layer's weights, in the order files have them. */
export interface WeightNames {
  trained: readonly string[];
  /** Behind those of all layers where a model keeps its weights together. */
  frozen?: readonly string[];
}

/** How a class of layers is imported. */
export interface LayerKind {
  /** Default: it has none. */
  weights?: (layer: KerasLayer) => WeightNames;
  /** Writes it as ONNX operators. */
  write: (layer: LayerContext) => void;
}

/** Kinds by class name. */
export type LayerFamily = Readonly<Record<string, LayerKind>>;

/** Kernel and, where the layer has one, bias. */
export const kernelAndBias = ({ config }: { config: Config }): WeightNames => ({
  trained: ['kernel', ...(config.flag('use_bias', true) ? ['bias'] : [])],
});
