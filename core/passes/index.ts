import { channelShuffle } from './channel-shuffle.ts';
import { denseLayers } from './dense.ts';
import { mergePermutes } from './merge-permutes.ts';
import { padConvolution } from './pad-convolution.ts';
import type { Pass } from './pass.ts';
import { pixelShuffle } from './pixel-shuffle.ts';
import { removeDead } from './remove-dead.ts';
import { removeIdentities } from './remove-identities.ts';
import { shareCommon } from './share-common.ts';

/** What every import ends with: patterns first, then cleaning up after them. */
export const importPasses: readonly Pass[] = [
  channelShuffle,
  pixelShuffle,
  padConvolution,
  denseLayers,
  mergePermutes,
  removeIdentities,
  shareCommon,
  removeDead,
];
