import type { ChipView } from '../../core/worker/contract-project.ts';
import type { Recipe } from '../state/quantize.ts';

/** What a card says. */
interface Card {
  recipe: Recipe;
  title: string;
  /** What is done, in one or two sentences. */
  text: string;
  /** What it costs. */
  cost: string;
}

/** The three cards, as they are for a chip. */
export function cardsFor(chip: ChipView | undefined): Card[] {
  return [
    {
      recipe: 'fast',
      title: 'Fast and safe',
      text: '8-bit numbers (asymmetric uint8) with the range that each tensor really had. The NN cores of every chip compute it.',
      cost: 'One pass over the samples.',
    },
    { recipe: 'best', title: 'Best accuracy', ...best(chip) },
    {
      recipe: 'custom',
      title: 'Custom',
      text: 'Every option of the command line, in groups, with what each one does.',
      cost: 'For those who know what they look for.',
    },
  ];
}

function best(chip: ChipView | undefined): Pick<Card, 'text' | 'cost'> {
  const cost = 'Several passes; the error of every layer is measured for Inspect.';
  if (chip?.perChannel === true) {
    return {
      text: `int8 with a scale for each channel, which the ${chip.name} can compute; ranges that keep the distribution, and biases that take errors back.`,
      cost,
    };
  }
  if (chip?.int16 === false) {
    return {
      text: `uint8 with channels evened out and biases that take errors back. The ${chip.name} has no int16 and no scale per channel to go further.`,
      cost,
    };
  }
  return {
    text: `uint8 with biases that take errors back; the layers that lose most stay in int16, as few as possible.`,
    cost,
  };
}

/** A chip in one line. */
export function describeChip({ name, pid, cores, tops, perChannel, int16, uncertain }: ChipView): string {
  const abilities = [
    'uint8',
    'int8',
    int16 ? 'int16' : 'no int16',
    perChannel === true ? 'per-channel int8' : undefined,
  ];
  const speed = tops === null ? '' : `, ${tops} TOPS`;
  const list = abilities.filter((ability) => ability !== undefined).join(', ');
  return `${name}, PID ${pid}: ${cores} NN cores${speed}; ${list}${uncertain ? ' (partly a guess)' : ''}.`;
}

/** A group of options in the custom form. */
interface OptionGroup {
  title: string;
  /** Option key → label in plain words. */
  labels: Readonly<Record<string, string>>;
}

/** Every option that has a place; others go to the end under their own name. */
export const GROUPS: readonly OptionGroup[] = [
  {
    title: 'Numbers',
    labels: {
      quantizer: 'Scheme',
      qtype: 'Stored type',
      rebuildAll: 'Quantize the last softmax too',
      splitHeadScales: 'A scale for each part of a detection head',
    },
  },
  {
    title: 'Ranges',
    labels: {
      algorithm: 'How ranges are chosen',
      movingAverageWeight: 'Weight of a new step',
      divergenceFirstQuantizeBits: 'Histogram bins, as a power of two',
      divergenceNbins: 'Histogram bins (old option)',
      percentile: 'Share of values to keep, in %',
    },
  },
  {
    title: 'Take errors back',
    labels: {
      MLE: 'Least error of each layer',
      biasCorrection: 'Correct biases only',
      crossLayerEqualization: 'Even out channels of neighbouring layers',
    },
  },
  {
    title: 'Automatic choice of wider layers',
    labels: {
      targetCosine: 'Cosine that outputs should reach',
      targetAccuracyDrop: 'Accuracy that may be lost, in points',
      autoFormat: 'Type of the chosen layers',
    },
  },
  {
    title: 'Samples and measuring',
    labels: {
      iterations: 'Steps (empty: all samples)',
      batchSize: 'Samples per step (empty: 1)',
      computeEntropy: 'Measure the error of every layer',
    },
  },
];
