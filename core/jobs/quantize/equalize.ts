import type { Network } from '../../network/network.ts';
import type { CalibrationRun } from '../../quantization/calibrate.ts';
import { channelRanges } from '../../quantization/channel-ranges.ts';
import { equalize, type EqualizedPair } from '../../quantization/equalization.ts';
import { channelPairs } from '../../quantization/equalization-pairs.ts';
import type { JobContext } from '../context.ts';

/** `--cross-layer-equalization`: measures the channels, then replaces the network's coefficients. */
export async function equalizeNetwork(
  network: Network,
  pass: CalibrationRun,
  context: JobContext,
): Promise<EqualizedPair[]> {
  const refs = new Set(channelPairs(network).flatMap(({ made, read }) => [made, read]));
  const changed = equalize(network, await channelRanges(network, refs, pass));
  const channels = changed.reduce((sum, { scaled, absorbed }) => sum + scaled + absorbed, 0);
  context.log('I', `Equalized ${channels} channels between ${changed.length} pairs of layers`);
  return changed;
}
