import type { NodeDataView, ProfileView } from '../../core/worker/contract-graph.ts';
import { mostOf, sharesOf, wordColouring, type ColourClass, type Colouring } from './colouring.ts';
import type { Scene } from './scene.ts';
import { formatReal } from './text.ts';

/** Steps that a range of values is cut into. */
const STEPS = 8;
/** Colours of words, in the order in which they first appear. */
const WORD_TOKENS = ['conv', 'shape', 'math', 'pool', 'activation', 'matrix', 'norm', 'recurrent', 'io'].map(
  (id) => `--op-${id}`,
);

type Named = Pick<Scene, 'nodes' | 'indexOf'>;

/** By node: what the file says; a colour of CSS becomes `#rrggbb` by `resolve`. */
export function nodeDataColouring(
  scene: Named,
  { name, values, scale }: NodeDataView,
  resolve: (colour: string) => string,
): Colouring {
  const byNode: (number | string | null)[] = scene.nodes.map(() => null);
  for (const { layer, value } of values) {
    const node = scene.indexOf(layer);
    if (node >= 0) byNode[node] = value;
  }
  const title = `Node data: ${name}`;
  const numbers = byNode.map((value) => (typeof value === 'number' ? value : null));
  if (byNode.some((value) => typeof value === 'string') || numbers.every((value) => value === null)) {
    const words = byNode.map((value) => (value === null ? null : String(value)));
    const found = [...new Set(words.filter((word) => word !== null))];
    const tokens = new Map(found.map((word, index) => [word, WORD_TOKENS[index % WORD_TOKENS.length]]));
    return wordColouring(title, words, tokens);
  }
  if (scale.kind === 'thresholds') return thresholdColouring(title, numbers, scale.steps, resolve);
  const stops = scale.kind === 'gradient' ? scale.stops : [];
  const colours = stops.map(({ stop, colour }) => ({ stop, colour: resolve(colour) }));
  return gradientColouring(title, numbers, colours);
}

const NO_VALUE: ColourClass = { label: 'no value', token: '--op-constant' };

function thresholdColouring(
  title: string,
  values: readonly (number | null)[],
  steps: readonly { value: number; colour: string | null }[],
  resolve: (colour: string) => string,
): Colouring {
  const plain = (colour: string | null): Pick<ColourClass, 'token' | 'colour'> =>
    colour === null ? { token: '--op-other' } : { token: '--op-other', colour: resolve(colour) };
  const classes: ColourClass[] = [
    NO_VALUE,
    ...steps.map(({ value, colour }) => ({ label: `to ${formatReal(value)}`, ...plain(colour) })),
    { label: `above ${formatReal(steps[steps.length - 1].value)}`, token: '--op-other' },
  ];
  return numeric(title, values, classes, (value) => {
    const step = steps.findIndex((limit) => value <= limit.value);
    return 1 + (step < 0 ? steps.length : step);
  });
}

/** Without stops of its own a quantity gets the studio's ramp, the smallest values blue. */
function gradientColouring(
  title: string,
  values: readonly (number | null)[],
  stops: readonly { stop: number; colour: string }[],
): Colouring {
  const known = values.filter((value) => value !== null);
  const [least, most] = [known.reduce((a, b) => Math.min(a, b)), known.reduce((a, b) => Math.max(a, b))];
  const width = (most - least) / STEPS;
  const steps = width === 0 ? 1 : STEPS;
  const classes: ColourClass[] = [NO_VALUE];
  for (let step = 0; step < steps; step++) {
    const label =
      steps === 1
        ? formatReal(least)
        : `${formatReal(least + step * width)} to ${formatReal(least + (step + 1) * width)}`;
    const token = `--ramp-${step}`;
    const at = steps === 1 ? 0 : step / (steps - 1);
    classes.push(stops.length === 0 ? { label, token } : { label, token, colour: mixed(stops, at) });
  }
  return numeric(title, values, classes, (value) =>
    width === 0 ? 1 : 1 + Math.min(STEPS - 1, Math.floor((value - least) / width)),
  );
}

/** A group shows the largest of its values. */
function numeric(
  title: string,
  values: readonly (number | null)[],
  classes: readonly ColourClass[],
  classify: (value: number) => number,
): Colouring {
  const of = (value: number | null): { classIndex: number; badge: string } =>
    value === null ? { classIndex: 0, badge: '' } : { classIndex: classify(value), badge: formatReal(value) };
  return {
    title,
    classes,
    classOf: Uint8Array.from(values, (value) => of(value).classIndex),
    badges: values.map((value) => of(value).badge),
    ofGroup: (nodes) => {
      const known = nodes.flatMap((node) => values[node] ?? []);
      return of(known.length === 0 ? null : known.reduce((a, b) => Math.max(a, b)));
    },
  };
}

/** The colour between two stops; all are `#rrggbb`. */
export function mixed(stops: readonly { stop: number; colour: string }[], at: number): string {
  const above = stops.findIndex(({ stop }) => stop >= at);
  const to = stops[above < 0 ? stops.length - 1 : above];
  const from = stops[Math.max(0, (above < 0 ? stops.length : above) - 1)];
  const share = to.stop === from.stop ? 1 : Math.min(1, (at - from.stop) / (to.stop - from.stop));
  const channel = (colour: string, index: number): number =>
    Number.parseInt(colour.slice(1 + 2 * index, 3 + 2 * index), 16);
  return `#${[0, 1, 2]
    .map((index) => Math.round(channel(from.colour, index) * (1 - share) + channel(to.colour, index) * share))
    .map((value) => value.toString(16).padStart(2, '0'))
    .join('')}`;
}

/** What units are called, and their colours. */
const UNITS: Readonly<Record<string, readonly [label: string, token: string]>> = {
  NN: ['NN, convolution engine', '--op-conv'],
  PPU: ['PPU, shader core', '--op-shape'],
  TP: ['TP, tensor processor', '--op-math'],
  '-': ['no work', '--op-other'],
  host: ['host CPU', '--op-io'],
};

/** By the unit of the NPU; what is done before and after the network is the host's. */
export function unitColouring(scene: Named, profile: ProfileView | undefined): Colouring {
  const units = new Map(profile?.layers.map(({ layer, unit }) => [layer, unit]));
  const words = scene.nodes.map(({ key, role }) => {
    if (!profile) return null;
    if (role === 'input' || role === 'output') return 'host';
    return units.get(key) ?? '-';
  });
  const order = Object.keys(UNITS);
  const classes = [
    { label: 'not known', token: '--op-constant' },
    ...Object.values(UNITS).map(([label, token]) => ({ label, token })),
  ];
  const classOf = Uint8Array.from(words, (word) => (word === null ? 0 : 1 + order.indexOf(word)));
  const idle = ['-', 'host'].map((unit) => 1 + order.indexOf(unit));
  const most = mostOf(classOf, [0, ...idle]);
  return {
    title: profile?.quantized === false ? 'Unit of the NPU, if quantized to 8 bits' : 'Unit of the NPU',
    classes,
    classOf,
    badges: words.map((word) => (word === null || word === '-' ? '' : word)),
    ofGroup: (nodes) => {
      const { classIndex } = most(nodes);
      return {
        classIndex,
        badge: classIndex === 0 || idle.includes(classIndex) ? '' : order[classIndex - 1],
      };
    },
  };
}

/** By the share of the time that the simulator takes on this computer. */
export function timeColouring(scene: Named, profile: ProfileView | undefined): Colouring {
  const times = new Map(profile?.layers.map(({ layer, milliseconds }) => [layer, milliseconds]));
  const total = profile?.milliseconds ?? null;
  const type = profile?.quantized === false ? 'float32' : 'as quantized';
  return sharesOf({
    title:
      total === null
        ? 'Simulated time: not measured'
        : `Simulated time, ${type}: share of ${spellMilliseconds(total)} (not the NPU’s)`,
    amounts: scene.nodes.map(({ key }) => times.get(key) ?? null),
    spell: spellMilliseconds,
  });
}

/** A short time: 0.42 ms, 13 µs. */
export function spellMilliseconds(milliseconds: number): string {
  if (milliseconds < 0.1) return `${(milliseconds * 1000).toPrecision(2)} µs`;
  return `${milliseconds < 100 ? milliseconds.toPrecision(3) : Math.round(milliseconds)} ms`;
}
