import { judgeGoals, notableLosses } from './goals.ts';
import type { Score } from './measure.ts';
import type { AccuracyReport } from './report.ts';
import { variants } from './variants.ts';
import { counted } from '../network/counted.ts';

/** docs/accuracy.md. The same numbers give the same text. */
export function accuracyDocument(report: AccuracyReport): string {
  return [
    scoresPart(report),
    goalsPart(report),
    remediesPart(report),
    requantizationPart(report),
    agreementPart(report),
    headsPart(report),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function scoresPart({ complete, models }: AccuracyReport): string {
  const head = ['scheme', 'algorithm', ...models.map(({ model }) => model.title)];
  const other = models.map(({ model }) => percent(model.accuracy));
  const own = models.map(({ float }) => percent(float.top1));
  const rows = variants.map(({ scheme, algorithm }, index) => [
    scheme,
    algorithm,
    ...models.map(({ scores }) => cell(scores[index])),
  ]);
  return `# Accuracy

This file is made by \`npm run accuracy\` from trained models and real pictures. Every classifier is quantized with 50
pictures and judged on 200 labelled ones, so one picture is half a point.${complete ? '' : ' The reference models were not there: only the bundled sample was measured.'}

Each cell is top-1 accuracy in % / signal to quantization noise of the outputs in dB. Accuracy is what counts in the end,
but 200 pictures can't tell half a point from luck; the noise is measured over all outputs of all pictures and tells ways
to quantize apart long before an answer changes. 6 dB are half the error. Below about 20 dB answers begin to change.

${table(head, [['float', 'by another engine', ...other], ['float', 'our simulator', ...own], ...rows])}

- normal is a good start in every scheme. kl_divergence and mse cut off rare large values; on the depthwise network that
  is worth some dB in the affine schemes. A fixed-point scale can only double, so there they rarely find anything to gain.
- moving_average has mostly the lowest signal to noise: with its default weight of 0.01, 50 steps hardly leave the range of
  the first picture. Give it more \`--iterations\` or a larger \`--moving-average-weight\`.
- \`--MLE\` makes the outputs' noise smaller by about 2 dB on the two deeper networks; \`--cross-layer-equalization\` does
  so on the depthwise one.
`;
}

function goalsPart({ models }: AccuracyReport): string {
  const lines = judgeGoals(models).map(({ goal, misses }) =>
    misses.length === 0 ? `- met: ${goal}.` : `- MISSED: ${goal}. ${misses.join('; ')}.`,
  );
  const losses = notableLosses(models);
  const worst = losses.map((line) => `- ${line}.`).join('\n');
  return `## Goals

${lines.join('\n')}
${losses.length > 0 ? `\nPoints below float where more than 1.5 are lost, and what loses less:\n\n${worst}\n` : ''}`;
}

function remediesPart({ remedies }: AccuracyReport): string {
  return `## A model made to fail

Three channels of one depthwise convolution of the bundled MobileNetV2 get weights 1024 times as large, and the layer in
front makes what they read as much smaller: float computes the same numbers. One scale for all weights of that layer then
rounds the other channels to nothing. \`--compute-entropy\` ranks the layer first and suggests it.

${table(
  ['quantization', 'top-1 % / dB'],
  remedies.map(({ title, score }) => [title, cell(score)]),
)}

int16 for the one layer brings the answers back, but not all of the numbers: what the three channels read is lost in
the 8 bits of the layer in front. They matter little here; where they do, give that layer int16 as well, or equalize,
which needs no wider type at all. A scale per channel has the same limit.
`;
}

function requantizationPart({ requantization }: AccuracyReport): string {
  const titles = { exact: 'exact', npu7: 'NN cores 7', npu8: 'NN cores 8' };
  const rows = requantization.flatMap(({ title, scores }) =>
    scores.map(({ mode, score, changed, steps, outputs }) => [
      title,
      titles[mode],
      cell(score),
      changed === 0 ? '0' : `${perMillion(changed)} (${counted(steps, 'step')})`,
      outputs.length === 0 ? 'floats' : [0, 1, 2].map((steps) => percent(outputs[steps] ?? 0)).join(' / '),
      outputs.length === 0 ? '' : counted(outputs.length - 1, 'step'),
    ]),
  );
  return `## Rounding as the NPU does it

\`--requantization npu\` in uint8, normal: multipliers of 16 bits on NN cores of version 7, of 24 bits on version 8, inferred
from public drivers; not confirmed on a board ([native-sim/README.md](../native-sim/README.md#requantization) has the
evidence). "one layer": of a million results of convolutions and fully connected layers, those that are another code than
in exact mode on the same inputs, and the largest distance. "outputs": share in % of the network's output codes that are
no, one or two steps away after all layers, and the largest distance.

${table(['model', 'requantization', 'top-1 % / dB', 'one layer', 'outputs 0 / 1 / 2', 'at most'], rows)}

One layer hardly ever differs, and by one step only. But a step in one layer moves many sums of the next, and sums near the
border between two codes fall the other way: deep networks of version 7 give other codes in a large part of their outputs,
as far from float as those of exact mode and no farther. So compare outputs of a board with a tolerance, not byte by byte.
`;
}

function agreementPart({ agreements }: AccuracyReport): string {
  const rows = agreements.flatMap(({ title, agreements: list }) =>
    list.map(({ scheme, tensors, single, channels, entire, unseen }) => [
      title,
      scheme,
      String(tensors),
      ...[single, channels, unseen, entire].map((value) => value.toFixed(2)),
    ]),
  );
  return `## Does the entropy tell the error?

Spearman's rank correlation of 1 - entropy, from one calibration picture, with the signal to noise that is measured on ten
others, over all activations of a network; 1 = both put them in the same order. "layer alone": only the tensor's own layer
is quantized. "its channels": the mean over the channels of that in dB. "unseen": as "layer alone", but on pictures that
the ranges were not measured on. "whole network": everything is quantized.

${table(['model', 'scheme', 'tensors', 'layer alone', 'its channels', 'unseen', 'whole network'], rows)}

One picture is enough to rank layers. Entropy is a mean over channels, so a drowned small channel counts more than it does
in the error of a whole tensor; where the two differ, that is why. On unseen pictures a few values are cut off that no
other picture could announce. Errors of the whole network add up from layer to layer, so they rank layers by depth and say
little about who causes them: that is why the entropy looks at each layer alone.
`;
}

function headsPart({ heads }: AccuracyReport): string {
  if (!heads) return '';
  const { parts, ways } = heads.errors;
  const joined = parts.map(({ op, channels }) => `${op}: ${counted(channels, 'channel')}`).join(', ');
  return `## ${heads.title}: one output for boxes and scores

The network ends with a concat (${joined}):
objectness, boxes, class scores. One scale must span the boxes and is coarse for scores from 0 to 1. With
\`--split-head-scales\` the concat stays float and each part has the scale of its own layer. Signal to noise in dB over 10
pictures:

${table(
  ['quantization', 'objectness', 'boxes', 'classes'],
  ways.map(({ title, sqnr }) => [title, ...sqnr.map((value) => value.toFixed(1))]),
)}

The option costs nothing but a float copy of the output. Scores gain about a dB and boxes nothing, as they set the common
scale. It can't mend what the layers in front have lost: each of them alone keeps 20 to 40 dB, but the losses add up over
several dozen layers. \`--MLE\` or a scale per channel win some dB of that back; detection in 8 bits stays coarse here,
and int16, for all or by \`--algorithm auto\` for the layers that need it, is the way out.
`;
}

const percent = (share: number): string => (100 * share).toFixed(1);
const perMillion = (share: number): string =>
  share >= 1e-6 ? (1e6 * share).toFixed(0) : (1e6 * share).toPrecision(1);
const cell = ({ top1, sqnr }: Score): string =>
  `${percent(top1)} / ${Number.isFinite(sqnr) ? sqnr.toFixed(1) : '∞'}`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
