import { describe, expect, it } from 'vitest';
import { formatModelExplorer } from './model-explorer.ts';
import { formatNetron } from './netron.ts';
import type { NodeData } from './node-data.ts';
import { MAX_NODE_DATA, readNodeData } from './read.ts';

const bytes = (document: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(document));
const read = (document: unknown): NodeData[] => readNodeData(bytes(document), 'a.json');
/** Values as pairs. */
const plain = (data: readonly NodeData[]) =>
  data.map(({ name, values, scale }) => ({ name, values: [...values], scale }));

describe('Netron attachments', () => {
  it('are read by name of the quantity, what they say of nodes and tensors', () => {
    const metrics = [
      { kind: 'node', target: 'conv1', name: 'latency', value: 1.5, type: 'float32' },
      { kind: 'value', target: 'conv2', name: 'latency', value: 2 },
      { kind: 'node', target: 'conv1', name: 'unit', value: 'NN' },
      { kind: 'model', target: '', name: 'latency', value: 99 },
      { kind: 'node', target: 'conv3', name: 'list', value: [1] },
      { kind: 'node', name: 'latency', value: 1 },
      'nonsense',
    ];
    const metadata = [{ kind: 'node', target: 'conv1', name: 'source', value: 'a' }];
    expect(plain(read({ signature: 'netron:attachment', metrics, metadata }))).toEqual([
      {
        name: 'latency',
        values: [
          ['conv1', 1.5],
          ['conv2', 2],
        ],
        scale: { kind: 'none' },
      },
      { name: 'unit', values: [['conv1', 'NN']], scale: { kind: 'none' } },
      { name: 'source', values: [['conv1', 'a']], scale: { kind: 'none' } },
    ]);
  });

  it('are written as they are read', () => {
    const data: NodeData = { name: 'SQNR', values: new Map([['a', 31.5]]), scale: { kind: 'none' } };
    const text = formatNetron([data]);
    expect(JSON.parse(text)).toEqual({
      signature: 'netron:attachment',
      metrics: [{ kind: 'node', target: 'a', name: 'SQNR', value: 31.5, type: 'float32' }],
    });
    expect(readNodeData(new TextEncoder().encode(text), 'a.json')).toEqual([data]);
  });
});

describe('node data of Model Explorer', () => {
  const thresholds = [
    { value: 50, bgColor: 'blue' },
    { value: 10, bgColor: 'red' },
    { value: 90, bgColor: 'url(javascript:1)' },
  ];

  it('has thresholds in rising order; a colour that is none is left out', () => {
    const [found] = read({ results: { a: { value: 3 }, b: { value: 'x' }, c: { value: {} } }, thresholds });
    expect(plain([found])).toEqual([
      {
        name: 'a',
        values: [
          ['a', 3],
          ['b', 'x'],
        ],
        scale: {
          kind: 'thresholds',
          steps: [
            { value: 10, colour: 'red' },
            { value: 50, colour: 'blue' },
            { value: 90, colour: null },
          ],
        },
      },
    ]);
  });

  it('takes a gradient before thresholds, and graphs by their ids', () => {
    const gradient = [
      { stop: 1, bgColor: '#ff0000' },
      { stop: 0, bgColor: '#00f' },
    ];
    const results = { a: { value: 1 } };
    const found = read({ main: { name: 'time', results, gradient, thresholds }, sub: { results } });
    expect(found.map(({ name }) => name)).toEqual(['time (main)', 'a (sub)']);
    expect(found[0].scale).toEqual({
      kind: 'gradient',
      stops: [
        { stop: 0, colour: '#00f' },
        { stop: 1, colour: '#ff0000' },
      ],
    });
  });

  it('is written as it is read', () => {
    const scale: NodeData['scale'] = {
      kind: 'gradient',
      stops: [
        { stop: 0, colour: '#ffffff' },
        { stop: 1, colour: '#000000' },
      ],
    };
    const data: NodeData = { name: 'MACs', values: new Map([['__proto__', 7]]), scale };
    const text = formatModelExplorer(data);
    expect(text).toContain('"__proto__"');
    expect(JSON.parse(formatModelExplorer({ ...data, values: new Map([['a', 7]]) }))).toEqual({
      name: 'MACs',
      results: { a: { value: 7 } },
      gradient: [
        { stop: 0, bgColor: '#ffffff' },
        { stop: 1, bgColor: '#000000' },
      ],
    });
  });
});

describe('hostile files', () => {
  it.each([
    ['not JSON', '{"results"', /it is not JSON/],
    ['a list', '[]', /not a JSON object/],
    ['another object', '{"Layers": {}}', /neither a Netron attachment nor/],
    ['no values', '{"results": {}}', /no values of nodes/],
    ['an attachment without lists', '{"signature": "netron:attachment", "metrics": 3}', /no values of nodes/],
    ['results of another form', '{"results": {"a": 3}}', /results\.a/],
    ['thresholds of another form', '{"results": {"a": {"value": 3}}, "thresholds": "x"}', /thresholds/],
    ['a stop outside', '{"results": {"a": {"value": 3}}, "gradient": [{"stop": 7}]}', /gradient\.0\.stop/],
    ['deep nesting', `{"results": ${'['.repeat(50_000)}`, /it is not JSON/],
  ])('%s is refused in a sentence', (_what, text, reason) => {
    const reading = (): unknown => readNodeData(new TextEncoder().encode(text), 'evil.json');
    expect(reading).toThrow(
      expect.objectContaining({ code: 'file-unreadable', place: { file: 'evil.json' } }),
    );
    expect(reading).toThrow(reason);
  });

  it('too many quantities and too large files are refused', () => {
    const metrics = Array.from({ length: 101 }, (_, i) => ({
      kind: 'node',
      target: 'a',
      name: `q${i}`,
      value: 1,
    }));
    expect(() => read({ signature: 'netron:attachment', metrics })).toThrow(/too many/);
    expect(() => readNodeData(new Uint8Array(MAX_NODE_DATA + 1), 'a.json')).toThrow(/larger than 32 MiB/);
    expect(() => readNodeData(Uint8Array.of(0xff, 0xfe), 'a.json')).toThrow(/not JSON/);
  });
});
