import { expect, test } from 'vitest';
import { fixtureCases, importFixture } from '../../conformance/fixtures.ts';
import { compositionsOf } from '../../network/audit.ts';
import { becomes } from './becomes.ts';
import { DOMAIN } from './graph.ts';
import { controlOperators } from './control.ts';
import { tensorflowOperators } from './ops/index.ts';
import { listOperators } from './ops/lists.ts';
import { refused } from './ops/refused.ts';
import { decodeGraph } from './saved-model.ts';
import { sourceLibrary, sourceNodes } from './source.ts';

const cases = await fixtureCases('tensorflow');

test('the table of docs/ops.md lists what the operators of all cases were composed of, and nothing else', async () => {
  for (const one of cases) await importFixture(one);
  const listed = Object.entries(becomes).filter(([, parts]) => parts.length > 0);
  expect(Object.fromEntries(listed)).toEqual(compositionsOf(DOMAIN));
});

test('every operator of the table is in the graph of a case', () => {
  const written = cases.flatMap(({ files }) => {
    const { graph } = decodeGraph(files[0].bytes);
    const functions = [...sourceLibrary(graph).values()];
    return [...sourceNodes(graph), ...functions.flatMap(({ nodes }) => nodes)].map(({ op }) => op);
  });
  // What the importer itself puts in the place of several nodes.
  const made = ['BranchMerge', 'DilatedConv', 'DilatedDepthwise', 'LoopFrame'];
  const tried = new Set([...written, ...made]);
  expect(Object.keys(becomes).filter((name) => !tried.has(name))).toEqual([]);
});

test('every operator that is imported is in the table', () => {
  const family = { ...tensorflowOperators, ...listOperators(), ...controlOperators(new Map(), new Map()) };
  const names = Object.keys(family).filter((label) => !Object.hasOwn(refused, label));
  expect(Object.keys(becomes)).toEqual(names.map((label) => label.slice(DOMAIN.length + 1)).sort());
});
