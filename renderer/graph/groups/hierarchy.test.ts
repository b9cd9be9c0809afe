import { describe, expect, it } from 'vitest';
import type { GraphNode } from '../../../core/worker/contract.ts';
import { ancestors, buildHierarchy, MAX_CHILDREN, membersOf, openAtFirst } from './hierarchy.ts';

type Named = Pick<GraphNode, 'key' | 'name' | 'role'>;

const layer = (name: string, key = name): Named => ({ key, name, role: 'layer' });
const build = (nodes: readonly Named[]) =>
  buildHierarchy(
    nodes,
    nodes.map((_, index) => index),
  );
/** Groups as paths with the names of what is directly in them. */
function outline(nodes: readonly Named[]): Record<string, string[]> {
  const { groups = [] } = build(nodes) ?? {};
  return Object.fromEntries(
    groups.map(({ path, groups: inner, nodes: own }) => [
      path,
      [...inner.map((index) => groups[index].path), ...own.map((node) => nodes[node].name)],
    ]),
  );
}

describe('buildHierarchy', () => {
  it('follows the scopes and keeps inputs and outputs outside', () => {
    expect(
      outline([
        { ...layer('net/image'), role: 'input' },
        layer('net/a/conv'),
        layer('net/a/relu'),
        layer('net/b/conv'),
        layer('net/b/relu'),
        layer('net/sum'),
        layer('alone'),
      ]),
    ).toEqual({
      net: ['net/a', 'net/b', 'net/sum'],
      'net/a': ['net/a/conv', 'net/a/relu'],
      'net/b': ['net/b/conv', 'net/b/relu'],
    });
  });

  it('leaves out scopes that say nothing', () => {
    const nodes = [layer('/a/b/conv'), layer('/a/b/relu'), layer('/c/d/e'), layer('f/g'), layer('f/h/i')];
    expect(outline(nodes)).toEqual({ 'a/b': ['/a/b/conv', '/a/b/relu'], f: ['f/g', 'f/h/i'] });
    expect(build(nodes)?.groups[0].name).toBe('a/b');
  });

  it('reads dots where there are no slashes, and else takes them as part of a name', () => {
    expect(Object.keys(outline([layer('features.0.conv'), layer('features.0.act'), layer('fc.x')]))).toEqual([
      'features/0',
    ]);
    expect(Object.keys(outline([layer('model.2/conv'), layer('model.2/act'), layer('model.3/act')]))).toEqual(
      ['model.2'],
    );
  });

  it('leaves out operators in front of names', () => {
    const nodes = [layer('Conv_/stem/stem.0/Conv'), layer('Clip_/stem/stem.2/Clip'), layer('Gemm_/fc/Gemm')];
    expect(outline(nodes)).toEqual({ stem: ['Conv_/stem/stem.0/Conv', 'Clip_/stem/stem.2/Clip'] });
  });

  it('takes the scope of layers that stand for several from their keys', () => {
    const joined = 'block/act/Sigmoid_7_block/act/Mul_8';
    expect(outline([layer('block/conv'), layer('block/bias'), layer('swish', joined)])).toEqual({
      block: ['block/conv', 'block/bias', 'swish'],
    });
  });

  it('finds none where names hold none', () => {
    expect(build([layer('conv_1'), layer('relu_2')])).toBeUndefined();
    expect(build([])).toBeUndefined();
    // A few scopes among many plain names are no order.
    expect(
      build([...Array.from({ length: 30 }, (_, i) => layer(`conv_${i}`)), layer('a/b')]),
    ).toBeUndefined();
  });

  it('splits what has too many children, in the order of the network', () => {
    const nodes = Array.from({ length: 6000 }, (_, i) => layer(`block${i >> 1}/op${i}`));
    const found = build(nodes);
    expect(found?.top.groups).toHaveLength(12);
    for (const { groups, nodes: own } of [...(found?.groups ?? []), ...(found ? [found.top] : [])])
      expect(groups.length + own.length).toBeLessThanOrEqual(MAX_CHILDREN);
    expect(found?.groups[found.top.groups[0]].name).toBe('block0 … block249');
    expect(found?.groups.reduce((sum, { nodes: own }) => sum + own.length, 0)).toBe(6000);
  });

  it('survives hostile names', () => {
    const deep = `${'x/'.repeat(100_000)}y`;
    const found = build([
      layer(deep),
      layer(`${deep}2`),
      layer('////'),
      layer('__proto__/a'),
      layer('__proto__/b'),
    ]);
    expect(found?.groups.map(({ path }) => path.length < 100)).toEqual([true, true]);
  });

  it('knows members, ancestors and what would hide the network', () => {
    const nodes = [
      layer('n/a/1'),
      layer('n/a/2'),
      layer('n/a/3'),
      layer('n/b/4'),
      layer('n/b/5'),
      layer('z'),
    ];
    const found = build(nodes);
    if (!found) throw new Error('no groups');
    const a = found.groups.findIndex(({ path }) => path === 'n/a');
    const n = found.groups.findIndex(({ path }) => path === 'n');
    expect(membersOf(found, a)).toEqual([0, 1, 2]);
    expect(membersOf(found, n).toSorted((x, y) => x - y)).toEqual([0, 1, 2, 3, 4]);
    expect(ancestors(found, found.groupOf[1])).toEqual([a, n]);
    expect(found.groupOf[5]).toBe(-1);
    expect([...openAtFirst(found, nodes.length)]).toEqual([n]);
  });
});
