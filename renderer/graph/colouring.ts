import { CATEGORIES } from './categories.ts';
import type { Scene } from './scene.ts';
import { formatCount } from './text.ts';

/** One colour of the graph and what it stands for. */
export interface ColourClass {
  label: string;
  /** Name of the colour's token, e.g. `--op-conv`. */
  token: string;
}

/** What the colours of the nodes say. Painter, cards, overview, lists and legend all read this. */
export interface Colouring {
  /** What is coloured, with its unit. */
  title: string;
  classes: readonly ColourClass[];
  /** By node, an index into the classes. */
  classOf: Uint8Array;
  /** By node, a few characters in place of the shape; absent = the shape. */
  badges?: readonly string[];
}

/** Name of the style property that gives a card or a row its colour. */
export const colourStyle = (colouring: Colouring, node: number): Record<string, string> => ({
  '--op': `var(${colouring.classes[colouring.classOf[node]].token})`,
});

/** By family of operations: the usual colours. */
export function opColouring({ category }: Pick<Scene, 'category'>): Colouring {
  return {
    title: 'Operation',
    classes: CATEGORIES.map(({ id, label }) => ({ label, token: `--op-${id}` })),
    classOf: category,
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
}

/** A measured quantity on a ramp of up to eight colours. Whoever sees no red sees blue and orange. */
export function rampColouring({ title, values, limits, spell, unknown }: Ramp): Colouring {
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
  const classOf = Uint8Array.from(values, (value) => {
    if (value === null) return 0;
    const step = limits.findIndex((limit) => (rising ? value < limit : value >= limit));
    return 1 + (step < 0 ? limits.length : step);
  });
  return { title, classes, classOf, badges: values.map((value) => (value === null ? '' : spell(value))) };
}

/** How much of the whole network's work or size a node is, in percent. */
const SHARES = [0.1, 0.3, 1, 3, 10, 30];

/** Multiply-accumulates or parameters, as a share of all of them. */
export function shareColouring({ nodes }: Pick<Scene, 'nodes'>, what: 'macs' | 'parameters'): Colouring {
  const counts = nodes.map((node) => node[what]);
  const total = counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  const name = what === 'macs' ? 'multiply-accumulates' : 'parameters';
  const values = counts.map((count) => (count === null || count === 0 ? null : (100 * count) / total));
  return {
    ...rampColouring({
      title: `Share of the ${formatCount(total)} ${name}`,
      values,
      limits: SHARES,
      spell: (percent) => `${percent} %`,
      unknown: 'none',
    }),
    badges: counts.map((count) => (count === null || count === 0 ? '' : formatCount(count))),
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
  return { title, classes, classOf, badges: words.map((word) => word ?? '') };
}
