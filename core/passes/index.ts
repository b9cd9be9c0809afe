import { hardSigmoid, hardSwish, mish, softplus, swish } from './activations.ts';
import { channelShuffle } from './channel-shuffle.ts';
import { denseLayers } from './dense.ts';
import { focus } from './focus.ts';
import { foldAffine, foldAffineAhead } from './fold-affine.ts';
import { gelu } from './gelu.ts';
import { layerNorm } from './layer-norm.ts';
import { mergePermutes } from './merge-permutes.ts';
import { padConvolution } from './pad-convolution.ts';
import type { Pass } from './pass.ts';
import { pixelShuffle } from './pixel-shuffle.ts';
import { removeDead } from './remove-dead.ts';
import { removeIdentities } from './remove-identities.ts';
import { scaleProduct } from './scale-product.ts';
import { shareCommon } from './share-common.ts';
import { spreadNorm } from './spread-norm.ts';

/**
 * What every import ends with. Identities and repeated layers go first, because they hide patterns; patterns
 * come before folding, which would take their constants away.
 */
export const importPasses: readonly Pass[] = [
  removeIdentities,
  shareCommon,
  softplus,
  hardSigmoid,
  hardSwish,
  swish,
  mish,
  gelu,
  layerNorm,
  spreadNorm,
  channelShuffle,
  pixelShuffle,
  focus,
  padConvolution,
  denseLayers,
  scaleProduct,
  foldAffine,
  foldAffineAhead,
  mergePermutes,
  removeDead,
];
