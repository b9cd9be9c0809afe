import { describe, expect, it } from 'vitest';
import type { GraphNode, GraphView } from '../../core/worker/contract.ts';
import { itemColours, opColouring } from './colouring.ts';
import { Drawing } from './drawing.ts';
import { fileName, pngScale } from './export-graph.ts';
import { escapeXml, networkSvg } from './export-svg.ts';
import { buildHierarchy } from './groups/hierarchy.ts';
import { allVisible, visibleGraph } from './groups/visible.ts';
import { layoutNested } from './layout/nested.ts';
import { pathThrough } from './path.ts';
import { Scene } from './scene.ts';
import type { Theme } from './theme.ts';

const theme: Theme = {
  wire: '#aaa',
  background: '#eee',
  surface: '#fff',
  frame: '#58a',
  line: '#ccc',
  text: '#111',
  dim: '#555',
  chip: '#ddd',
  accent: '#00f',
  found: '#f80',
  colour: () => '#123456',
  font: "'Inter', sans-serif",
};
const HOSTILE = `</text><script>alert("x")</script>&amp;'\u0000\ud800`;

const node = (name: string, op = 'relu'): GraphNode => ({
  key: `${name}_1`,
  name,
  op,
  detail: '',
  shapes: [[1, 8, 8, 3]],
  parameters: null,
  macs: null,
  role: 'layer',
});

interface Options {
  shapes?: boolean;
  selected?: number;
  /** Scopes of open groups; without them nothing is grouped. */
  open?: readonly string[];
}

function svgOf(graph: GraphView, options: Options = {}): string {
  const scene = new Scene(graph);
  const { open } = options;
  const hierarchy = open && buildHierarchy(scene.nodes, scene.listOrder);
  const groups = hierarchy?.groups.flatMap(({ path }, index) => (open?.includes(path) ? [index] : []));
  const visible = hierarchy ? visibleGraph(scene, hierarchy, new Set(groups)) : allVisible(scene);
  const drawing = new Drawing(scene, visible, layoutNested(visible.layout), hierarchy);
  const path = options.selected === undefined ? undefined : pathThrough(scene, [options.selected]);
  const colours = itemColours(opColouring(scene), drawing);
  const picture = { drawing, colours, theme, path, shapes: options.shapes ?? false };
  return networkSvg(picture, (text) => 6 * text.length) ?? '';
}

const chain = (...nodes: GraphNode[]): GraphView => ({
  nodes,
  edges: nodes.slice(1).map((_, from) => ({ from, to: from + 1, port: 0, input: 0 })),
});

describe('escapeXml', () => {
  it('leaves no markup and nothing XML forbids', () => {
    expect(escapeXml(HOSTILE)).toBe(
      '&lt;/text&gt;&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;amp;&apos;\ufffd\ufffd',
    );
    expect(escapeXml('层 ×😀\tok')).toBe('层 ×😀\tok');
    expect(escapeXml('\udc00a\uffff')).toBe('\ufffda\ufffd');
  });
});

describe('networkSvg', () => {
  it('holds hostile names and ops as text only', () => {
    const svg = svgOf(chain(node('a'), node(HOSTILE, '<b onload="1">')));
    expect(svg).not.toContain('<script');
    expect(svg).not.toContain('<b ');
    expect(svg).toContain('&lt;script&gt;');
    // Every tag that is opened is one of ours.
    const tags = new Set([...svg.matchAll(/<([^/\s>]+)/g)].map(([, tag]) => tag));
    expect([...tags].toSorted()).toEqual(['g', 'path', 'rect', 'svg', 'text', 'title']);
    for (const tag of ['g', 'text', 'title', 'svg'])
      expect(svg.split(`</${tag}>`).length).toBe(svg.split(new RegExp(`<${tag}[ >]`)).length);
  });

  it('draws each node and each wire once, and shapes on demand', () => {
    const graph = chain(node('a'), node('b'), node('c'));
    const count = (svg: string, what: string): number => svg.split(what).length - 1;
    const plain = svgOf(graph);
    expect(count(plain, '<title>')).toBe(3);
    expect(count(plain, '<path d="M')).toBe(3 + 2);
    expect(count(plain, '1×8×8×3')).toBe(3);
    expect(count(svgOf(graph, { shapes: true }), '1×8×8×3')).toBe(3 + 2);
  });

  it('dims what is off the path', () => {
    const graph = chain(node('a'), node('b'));
    graph.nodes.push(node('aside'));
    expect(svgOf(graph)).not.toContain('opacity');
    expect(svgOf(graph, { selected: 0 })).toMatch(/opacity="0.35"><title>aside/);
    expect(svgOf(graph, { selected: 0 })).not.toMatch(/opacity="0.35"><title>[ab]</);
  });

  it('draws open groups as frames and closed ones as piles, hostile names as text', () => {
    const scope = '<i onload="1">';
    const graph = chain(node('in'), node(`${scope}/a`), node(`${scope}/b`), node('c/a'), node('c/b'));
    const svg = svgOf(graph, { open: [scope] });
    expect(svg).not.toContain('<i ');
    expect(svg).toContain('▾');
    expect(svg.split('<title>').length - 1).toBe(4);
    expect(svg).toContain('<title>c</title>');
    expect(svg).toContain('2 layers');
  });

  it('stays small where names are endless', () => {
    const long = { ...node('n'.repeat(100_000), 'o'.repeat(100_000)), detail: 'd'.repeat(100_000) };
    long.shapes = [Array.from({ length: 10_000 }, () => 7)];
    expect(svgOf(chain(long, long), { shapes: true }).length).toBeLessThan(5000);
  });
});

describe('pictures', () => {
  it('stay within what a canvas can hold', () => {
    expect(pngScale(300, 400)).toBe(2);
    for (const [width, height] of [
      [600, 840_000],
      [50_000, 50_000],
      [5000, 8000],
    ]) {
      const scale = pngScale(width, height);
      expect(Math.max(width, height) * scale).toBeLessThanOrEqual(16_384);
      expect(width * height * scale * scale).toBeLessThanOrEqual(40.001e6);
    }
  });

  it('get a name every file system takes', () => {
    expect(fileName('../../etc/<img src=x>')).toBe('etc_img_src_x_');
    expect(fileName('...')).toBe('network');
    expect(fileName('模型 v2')).toBe('模型_v2');
    expect(fileName('x'.repeat(500))).toHaveLength(80);
  });
});
