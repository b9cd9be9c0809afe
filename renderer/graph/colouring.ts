import { CATEGORIES } from './categories.ts';
import type { Drawing } from './drawing.ts';
import { membersOf } from './groups/hierarchy.ts';
import type { Scene } from './scene.ts';
import type { Theme } from './theme.ts';
import { formatCount } from './text.ts';

/** One colour of the graph and what it stands for. */
export interface ColourClass {
  label: string;
  /** Name of the colour's token, e.g. `--op-conv`. */
  token: string;
  /** The colour itself, `#rrggbb`, where a file says it. */
  colour?: string;
}

/** The colour of a class for style sheets. */
export const styleColour = ({ colour, token }: ColourClass): string => colour ?? `var(${token})`;

/** The colour of a class for the canvas. */
export const paintColour = ({ colour, token }: ColourClass, theme: Pick<Theme, 'colour'>): string =>
  colour ?? theme.colour(token);

/** Colours of a list of things. */
export interface Colours {
  classes: readonly ColourClass[];
  /** By thing, an index into the classes. */
  classOf: Uint8Array;
  /** By thing, a few characters in place of the shape; absent = the shape. */
  badges?: readonly string[];
}

/** Colour of a group, and what stands on it. */
export interface GroupColour {
  classIndex: number;
  badge: string;
}

/** What the colours of the nodes say. Painter, cards, overview, lists and legend all read this. */
export interface Colouring extends Colours {
  /** What is coloured, with its unit. */
  title: string;
  /** What a closed group with these layers looks like. */
  ofGroup: (nodes: readonly number[]) => GroupColour;
}

/** The colours of what is drawn: layers as they are, a closed group by what is in it. */
export function itemColours(
  { classes, classOf, badges, ofGroup }: Colouring,
  { visible, hierarchy, labels }: Pick<Drawing, 'visible' | 'hierarchy' | 'labels'>,
): Colours {
  if (!hierarchy) return { classes, classOf, ...(badges ? { badges } : {}) };
  const { nodeOf, groupOf } = visible;
  const groups = new Map<number, GroupColour>();
  groupOf.forEach((group, item) => {
    if (group >= 0) groups.set(item, ofGroup(membersOf(hierarchy, group)));
  });
  return {
    classes,
    classOf: Uint8Array.from(nodeOf, (node, item) => groups.get(item)?.classIndex ?? classOf[node]),
    badges: Array.from(nodeOf, (node, item) => {
      const group = groups.get(item);
      return group ? group.badge : (badges?.[node] ?? labels[item].badge);
    }),
  };
}

/** The class that most of the nodes have; those of `rest` count only where there is no other. */
export function mostOf(classOf: Uint8Array, rest: readonly number[]): Colouring['ofGroup'] {
  return (nodes) => {
    const counts = new Map<number, number>();
    for (const node of nodes) counts.set(classOf[node], (counts.get(classOf[node]) ?? 0) + 1);
    const weight = ([index, count]: [number, number]): number => (rest.includes(index) ? 0 : count);
    const [most] = [...counts].sort((a, b) => weight(b) - weight(a) || a[0] - b[0]);
    return { classIndex: most?.[0] ?? 0, badge: '' };
  };
}

/** Name of the style property that gives a card or a row its colour. */
export const colourStyle = (colours: Colours, thing: number): Record<string, string> => ({
  '--op': styleColour(colours.classes[colours.classOf[thing]]),
});

/** Families that say nothing about a group. */
const REST = CATEGORIES.flatMap(({ id }, index) => (id === 'io' || id === 'constant' ? [index] : []));

/** By family of operations: the usual colours. */
export function opColouring({ category }: Pick<Scene, 'category'>): Colouring {
  return {
    title: 'Operation',
    classes: CATEGORIES.map(({ id, label }) => ({ label, token: `--op-${id}` })),
    classOf: category,
    ofGroup: mostOf(category, REST),
  };
}

const UNKNOWN: ColourClass = { label: 'not known', token: '--op-constant' };

/** What {@link rampColouring} needs. */
export interface Ramp {
  title: string;
  /** By node; null = not known. */
  values: readonly (number | null)[];
  /** Where one colour ends and the next begins, the harmless end first; at most seven. */
  limits: readonly number[];
  spell: (value: number) => string;
  /** Class of nodes without a value. */
  unknown?: string;
  /** What of its layers' values a group shows; the worst by default. */
  combine?: 'max' | 'min' | 'sum';
}

/** A measured quantity on a ramp of up to eight colours. Whoever sees no red sees blue and orange. */
export function rampColouring({ title, values, limits, spell, unknown, combine }: Ramp): Colouring {
  const rising = limits.length < 2 || limits[0] < limits[1];
  const classes: ColourClass[] = [{ ...UNKNOWN, ...(unknown === undefined ? {} : { label: unknown }) }];
  const above = rising ? ['below', 'from'] : ['from', 'below'];
  classes.push({ label: `${above[0]} ${spell(limits[0])}`, token: '--ramp-0' });
  for (let step = 1; step < limits.length; step++) {
    const [from, to] = [limits[step - 1], limits[step]].sort((a, b) => a - b);
    classes.push({ label: `${spell(from).replace(/\s.*/, '')} to ${spell(to)}`, token: `--ramp-${step}` });
  }
  classes.push({
    label: `${above[1]} ${spell(limits[limits.length - 1])}`,
    token: `--ramp-${limits.length}`,
  });
  const classify = (value: number | null): number => {
    if (value === null) return 0;
    const step = limits.findIndex((limit) => (rising ? value < limit : value >= limit));
    return 1 + (step < 0 ? limits.length : step);
  };
  const written = (value: number | null): string => (value === null ? '' : spell(value));
  return {
    title,
    classes,
    classOf: Uint8Array.from(values, classify),
    badges: values.map(written),
    ofGroup: (nodes) => {
      const known = nodes.flatMap((node) => values[node] ?? []);
      const value = known.length === 0 ? null : combined(known, combine ?? (rising ? 'max' : 'min'));
      return { classIndex: classify(value), badge: written(value) };
    },
  };
}

function combined(values: readonly number[], how: 'max' | 'min' | 'sum'): number {
  if (how === 'sum') return values.reduce((sum, value) => sum + value, 0);
  return values.reduce((a, b) => Math[how](a, b));
}

/** How much of the whole network's work or size a node is, in percent. */
const SHARES = [0.1, 0.3, 1, 3, 10, 30];

/** Multiply-accumulates or parameters, as a share of all of them. */
export function shareColouring({ nodes }: Pick<Scene, 'nodes'>, what: 'macs' | 'parameters'): Colouring {
  const counts = nodes.map((node) => node[what]);
  const total = counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  const name = what === 'macs' ? 'multiply-accumulates' : 'parameters';
  return sharesOf({
    title: `Share of the ${formatCount(total)} ${name}`,
    amounts: counts,
    spell: formatCount,
  });
}

/** Amounts that add up to a whole. */
interface Shares {
  title: string;
  /** By node; null and 0 = none. */
  amounts: readonly (number | null)[];
  spell: (amount: number) => string;
  unknown?: string;
}

/** Coloured by the share of the sum, with the amounts on the nodes; groups have the sum of their layers. */
export function sharesOf({ title, amounts, spell, unknown }: Shares): Colouring {
  const total = amounts.reduce<number>((sum, amount) => sum + (amount ?? 0), 0);
  const ramp = rampColouring({
    title,
    values: amounts.map((amount) => (amount === null || amount === 0 ? null : (100 * amount) / total)),
    limits: SHARES,
    spell: (percent) => `${percent} %`,
    unknown: unknown ?? 'none',
    combine: 'sum',
  });
  const written = (amount: number): string => (amount === 0 ? '' : spell(amount));
  return {
    ...ramp,
    badges: amounts.map((amount) => written(amount ?? 0)),
    ofGroup: (nodes) => ({
      ...ramp.ofGroup(nodes),
      badge: written(nodes.reduce((sum, node) => sum + (amounts[node] ?? 0), 0)),
    }),
  };
}

/** A text for each node, in the order in which they first appear. */
export function wordColouring(
  title: string,
  words: readonly (string | null)[],
  tokens: ReadonlyMap<string, string>,
): Colouring {
  const found = [...new Set(words.filter((word) => word !== null))];
  const classes = [
    { ...UNKNOWN },
    ...found.map((label) => ({ label, token: tokens.get(label) ?? '--op-other' })),
  ];
  const classOf = Uint8Array.from(words, (word) => (word === null ? 0 : 1 + found.indexOf(word)));
  const most = mostOf(classOf, [0]);
  return {
    title,
    classes,
    classOf,
    badges: words.map((word) => word ?? ''),
    ofGroup: (nodes) => {
      const { classIndex } = most(nodes);
      return { classIndex, badge: classIndex === 0 ? '' : classes[classIndex].label };
    },
  };
}
