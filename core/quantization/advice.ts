import { formatRef, type Layer } from '../network/layer.ts';
import type { Network } from '../network/network.ts';
import type { QuantizedFormat } from '../network/number-format.ts';
import { opSpec } from '../ops/registry.ts';
import type { Chip } from '../targets/chips.ts';
import { largestPerChannel, type Range } from './entries.ts';

/** One recommendation, as words and as data. */
export interface Advice {
  format: QuantizedFormat;
  /** Options of `pegasus quantize` to add. */
  options: string[];
  /** The recommendation and its reasons, one sentence each. */
  sentences: string[];
}

/** What {@link adviseScheme} looks at. */
export interface AdviceInput {
  network: Network;
  /** Float ranges by reference. */
  ranges: ReadonlyMap<string, Range>;
  /** The chip to run on, where it is known. */
  chip?: Chip | undefined;
}

/** Ranges beyond these ask for int16, or for uint8 rather than int8 (user guide 3.2.2). */
const INT16_BEYOND = 256;
const UINT8_BEYOND = 128;
/** Channels whose weights differ by more than this keep under 2 of 8 bits when they share a scale. */
const WIDE_SPREAD = 64;

const UINT8: QuantizedFormat = { quantizer: 'asymmetric_affine', qtype: 'u8' };
const INT16: QuantizedFormat = { quantizer: 'dynamic_fixed_point', qtype: 'i16' };
const PER_CHANNEL: QuantizedFormat = { quantizer: 'perchannel_symmetric_affine', qtype: 'i8' };

/**
 * Which scheme suits a model on a chip: the rules of user guide 3.2.2 on the largest range, what the chip's NN cores
 * can do, and how far apart the weight channels of a layer are.
 */
export function adviseScheme({ network, ranges, chip }: AdviceInput): Advice {
  const widest = widestRange(network, ranges);
  const spread = widestSpread(network);
  const on = chip ? ` on the ${chip.chips[0]} (PID ${chip.pid})` : '';
  if (widest.value > INT16_BEYOND && (chip?.types.int16 ?? true)) {
    return {
      format: INT16,
      options: ['--quantizer dynamic_fixed_point', '--qtype int16'],
      sentences: [
        `Use dynamic_fixed_point int16${on}: ${describe(widest)} and int16 is advised beyond ${INT16_BEYOND}.`,
        'int16 needs twice the memory of 8 bits and runs slower; hybrid quantization of a few layers may do as well.',
      ],
    };
  }
  const sentences: string[] = [];
  if (widest.value > INT16_BEYOND) {
    sentences.push(
      `${describe(widest)}, for which int16 is advised, but the NN cores${on} have no int16: quantize to uint8, then check the layer with --compute-entropy and keep it as float16 if its error is high.`,
    );
  } else if (widest.value > UINT8_BEYOND) {
    sentences.push(`${describe(widest)}: beyond ${UINT8_BEYOND} uint8 is better than int8.`);
  } else {
    sentences.push(`All ranges are within ${UINT8_BEYOND}: 8 bits serve, and uint8 uses them best.`);
  }
  if (!spread || spread.value <= WIDE_SPREAD) {
    return advice(UINT8, [], [`Use asymmetric_affine uint8${on}.`, ...sentences]);
  }
  const apart = `The weights of "${spread.layer}" differ ${spread.value.toFixed(0)}-fold between channels, so one scale for all of them is too coarse.`;
  if (chip?.types.perChannel === true) {
    return advice(PER_CHANNEL, [], [`Use perchannel_symmetric_affine int8${on}.`, apart]);
  }
  return advice(
    UINT8,
    ['--cross-layer-equalization'],
    [
      `Use asymmetric_affine uint8 with --cross-layer-equalization${on}.`,
      ...sentences,
      apart,
      chip
        ? 'This chip has no per-channel quantization.'
        : 'Chips with PID 0XE8 can use perchannel_symmetric_affine int8 instead.',
    ],
  );
}

const QTYPES: Readonly<Record<string, string>> = { u8: 'uint8', i8: 'int8', i16: 'int16' };

function advice(format: QuantizedFormat, options: string[], sentences: string[]): Advice {
  const { quantizer, qtype } = format;
  return {
    format,
    options: [`--quantizer ${quantizer}`, `--qtype ${QTYPES[qtype] ?? qtype}`, ...options],
    sentences,
  };
}

interface Extreme {
  layer: string;
  value: number;
}

const describe = ({ layer, value }: Extreme): string => `"${layer}" reaches ${value.toPrecision(4)}`;

function widestRange(network: Network, ranges: ReadonlyMap<string, Range>): Extreme {
  let widest: Extreme = { layer: '', value: 0 };
  for (const layer of network.layers.values()) {
    for (let port = 0; port < layer.outputs; port++) {
      const range = ranges.get(formatRef({ layer: layer.key, port }));
      const value = range ? Math.max(Math.abs(range.min), Math.abs(range.max)) : 0;
      if (value > widest.value) widest = { layer: layer.key, value };
    }
  }
  return widest;
}

/** The layer whose largest and typical weight channel are furthest apart. */
function widestSpread(network: Network): Extreme | undefined {
  let widest: Extreme | undefined;
  for (const layer of network.layers.values()) {
    const value = channelSpread(network, layer);
    if (value > (widest?.value ?? 1)) widest = { layer: layer.key, value };
  }
  return widest;
}

/** Largest over lower quartile of the channels' largest weights; 1 where there are no channels. */
function channelSpread(network: Network, layer: Layer): number {
  const weight = network.coefficient(layer.key, 'weight');
  if (!weight || !opSpec(layer.op, layer.key).outputsPerScale) return 1;
  const channels = largestPerChannel(weight, 1)
    .filter((value) => value > 0)
    .sort((a, b) => a - b);
  const quartile = channels[Math.floor(channels.length / 4)];
  return channels.length === 0 ? 1 : channels[channels.length - 1] / quartile;
}
