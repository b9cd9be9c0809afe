import type { InputForm } from '../../core/worker/contract-project.ts';
import { formatReal } from '../graph/text.ts';

/** Channels of an input: last in nhwc, second in nchw. */
export function channelsOf({ shape, layout }: InputForm): number {
  if (shape.length < 2) return 1;
  return (layout === 'nhwc' ? shape.at(-1) : shape[1]) ?? 1;
}

/** Names of the channels in the order the network gets them. */
export function channelNames(form: InputForm): string[] {
  const channels = channelsOf(form);
  if (channels === 1) return ['grey'];
  if (channels !== 3) return Array.from({ length: channels }, (_, index) => `channel ${index}`);
  const names = ['red', 'green', 'blue'];
  return form.reverseChannel ? names.toReversed() : names;
}

/** Mean and scale of a channel, however few the file gives. */
export function channelValues({ mean, scale }: InputForm, channel: number): { mean: number; scale: number } {
  const one = typeof scale === 'number' ? scale : (scale[channel] ?? scale[0] ?? 1);
  return { mean: mean[channel] ?? mean[0] ?? 0, scale: one };
}

/** Channels described one by one. */
const MOST_LINES = 8;

/** What happens to a pixel, in words; one line per channel where they differ. */
export function formulaLines(form: InputForm): string[] {
  const names = channelNames(form);
  const values = names.map((_, channel) => channelValues(form, channel));
  const what = form.category === 'image' ? 'pixel' : 'value';
  const [first] = values;
  const same = values.every(({ mean, scale }) => mean === first.mean && scale === first.scale);
  const text = ({ mean, scale }: (typeof values)[number]): string =>
    `(${what} − ${formatReal(mean)}) × ${formatReal(scale)}`;
  const of = (value: number, { mean, scale }: (typeof values)[number]): string =>
    formatReal((value - mean) * scale);
  if (same) return [`${text(first)}: 0 becomes ${of(0, first)}, 255 becomes ${of(255, first)}`];
  return names
    .slice(0, MOST_LINES)
    .map((name, at) => `${name}: ${text(values[at])}, ${of(0, values[at])} to ${of(255, values[at])}`);
}

/** Ways networks are usually trained. */
export const PRESETS: readonly {
  name: string;
  title: string;
  make: (form: InputForm) => Partial<InputForm>;
}[] = [
  { name: '0 to 1', title: 'pixel / 255', make: (form) => uniform(form, 0, 1 / 255) },
  { name: '−1 to 1', title: '(pixel − 127.5) / 127.5', make: (form) => uniform(form, 127.5, 1 / 127.5) },
  { name: '0 to 255', title: 'pixels as they are', make: (form) => uniform(form, 0, 1) },
  { name: 'ImageNet', title: 'mean and deviation of torchvision models', make: imageNet },
];

function uniform(form: InputForm, mean: number, scale: number): Partial<InputForm> {
  return { mean: Array.from({ length: channelsOf(form) }, () => mean), scale };
}

/** Means and deviations of the ImageNet pictures, times 255. */
function imageNet(form: InputForm): Partial<InputForm> {
  const [mean, deviation] = [
    [123.675, 116.28, 103.53],
    [58.395, 57.12, 57.375],
  ];
  if (channelsOf(form) !== 3) return uniform(form, mean[1], 1 / deviation[1]);
  const order = form.reverseChannel ? [2, 1, 0] : [0, 1, 2];
  return {
    mean: order.map((channel) => mean[channel]),
    scale: order.map((channel) => 1 / deviation[channel]),
  };
}
