import { describe, expect, it } from 'vitest';
import type { DeviceGraph } from '../device/graph.ts';
import { convolution, GraphBuilder, smallNetwork, uint8, uint8Network } from '../testing/device-graphs.ts';
import { imageMeta } from '../testing/input-meta.ts';
import { caseFiles } from './case-files.ts';

function sourceOf(graph: DeviceGraph): string {
  return String(caseFiles(graph, { databases: [] }, { name: 'net' }).get('vnn_net.c'));
}

/** All `NEW_CONST_TENSOR(const_tensor[i], attr, type, offset, size)` of a source, in order. */
function constants(source: string): { offset: number; size: number }[] {
  const calls = source.matchAll(/NEW_CONST_TENSOR\(const_tensor\[\d+\], attr, \w+, (\d+), (\d+)\)/g);
  return Array.from(calls, ([, offset, size]) => ({ offset: Number(offset), size: Number(size) }));
}

describe('vnn_<net>.c', () => {
  it('counts nodes and tensors', () => {
    const source = sourceOf(smallNetwork());
    expect(source).toContain('#define NET_NODE_NUM (5)');
    expect(source).toContain('#define NET_NORM_TENSOR_NUM (2)');
    expect(source).toContain('#define NET_CONST_TENSOR_NUM (4)');
    expect(source).toContain('#define NET_VIRTUAL_TENSOR_NUM (5)');
  });

  it('lays constants out by layer key as bytes, then port, without gaps', () => {
    const build = new GraphBuilder();
    let data = build.input('in_0', [4, 4, 2, 1]);
    for (const layer of ['conv_2', 'conv_10', 'Conv_3']) {
      const weight = build.weights(`${layer}:weight`, [1, 1, 2, 2]);
      const bias = build.weights(`${layer}:bias`, [2]);
      data = build.node('CONV2D', layer, [data, weight, bias], [4, 4, 2, 1], convolution(1, 2));
    }
    build.output(data);
    const files = caseFiles(build.build(), { databases: [] }, { name: 'net' });
    // C file: node order, weight before bias. Data file: Conv_3, conv_10, conv_2; bias before weight.
    expect(constants(String(files.get('vnn_net.c')))).toEqual([
      { offset: 56, size: 16 },
      { offset: 48, size: 8 },
      { offset: 32, size: 16 },
      { offset: 24, size: 8 },
      { offset: 8, size: 16 },
      { offset: 0, size: 8 },
    ]);
    expect(files.get('net.export.data')).toHaveLength(72);
  });

  it('stores a shared constant once, where its first user would have it', () => {
    const build = new GraphBuilder();
    const data = build.input('in_9', [4, 4, 2, 1]);
    const weight = build.weights('z_1:weight', [1, 1, 2, 2]);
    const other = build.weights('m_3:bias', [2]);
    const first = build.node('CONV2D', 'z_1', [data, weight, -1], [4, 4, 2, 1], convolution(1, 2));
    const second = build.node('CONV2D', 'a_2', [first, weight, -1], [4, 4, 2, 1], convolution(1, 2));
    build.output(build.node('CONV2D', 'm_3', [second, weight, other], [4, 4, 2, 1], convolution(1, 2)));
    const source = sourceOf(build.build());
    expect(source).toContain('#define NET_CONST_TENSOR_NUM (4)');
    expect(constants(source)).toEqual([
      { offset: 0, size: 16 },
      { offset: 16, size: 8 },
    ]);
    expect(source).toContain(' * @z_1:weight\n         * @a_2:weight\n         * @m_3:weight\n');
    expect(source.match(/= const_tensor\[0\]; \/\* data_weight \*\//g)).toHaveLength(3);
    expect(source).not.toMatch(/node\[0\]->input\.tensors\[2\]/);
  });

  it('writes quantization as the type needs it', () => {
    const source = sourceOf(uint8Network());
    expect(source).toContain(
      [
        'attr.dtype.scale = 0.015625;',
        'attr.dtype.zero_point = 120;',
        'attr.dtype.qnt_type = VSI_NN_QNT_TYPE_AFFINE_ASYMMETRIC;',
        'NEW_CONST_TENSOR(const_tensor[0], attr, VSI_NN_TYPE_UINT8, 8, 36);',
      ].join('\n        '),
    );
    const build = new GraphBuilder();
    const data = build.input('in_0', [2, 2, 2, 1], { type: 'int16', quantization: { kind: 'dfp', fl: -3 } });
    const scales = { kind: 'perchannel', scales: [0.5, 0.25], channelDim: 3 } as const;
    const bytes = new Uint8Array(4);
    const weight = build.constant('c_1:weight', [1, 1, 2, 2], bytes, { type: 'int8', quantization: scales });
    build.output(build.node('CONV2D', 'c_1', [data, weight, -1], [2, 2, 2, 1], convolution(1, 2)));
    const other = sourceOf(build.build());
    expect(other).toContain('attr.dtype.fl = -3;');
    expect(other).toContain('static const float scales_1[] = { 0.5, 0.25 };');
    expect(other).toContain('attr.dtype.scales = scales_1;');
    expect(other).toContain('attr.dtype.channel_dim = 3;');
  });

  it('orders arrays by name, with the element types of the fields', () => {
    const build = new GraphBuilder();
    let data = build.input('in_0', [4, 3, 2, 1]);
    data = build.node('PERMUTE', 'p_1', [data], [3, 4, 2, 1], { perm: [1, 0, 2, 3] });
    data = build.node('REDUCE', 'r_2', [data], [3, 4, 1], {
      type: 'VSI_NN_REDUCE_SUM',
      axis: [2],
      keep_dim: false,
    });
    data = build.node('RESHAPE', 's_3', [data], [12, 1], { size: [-1, 1] });
    build.output(build.node('PERMUTE', 'p_4', [data], [1, 12], { perm: [1, 0] }));
    const source = sourceOf(build.build());
    expect(source).toContain(
      [
        'int32_t axis_1[] = { 2 };',
        'uint32_t perm_1[] = { 1, 0, 2, 3 };',
        'uint32_t perm_2[] = { 1, 0 };',
        'uint32_t shape_1[] = { (uint32_t)-1, 1 };',
      ].join('\n    '),
    );
    expect(source).toContain('node[1]->nn_param.reduce.axis_num = 1;');
    expect(source).toContain('node[1]->nn_param.reduce.keep_dim = FALSE;');
    expect(source).toContain('node[3]->nn_param.permute.perm = perm_2;');
  });

  it('connects several inputs and outputs in port order', () => {
    const build = new GraphBuilder();
    const a = build.input('a_7', [4, 1], uint8(0.5));
    const b = build.input('b_8', [4, 1], uint8(0.5));
    const sum = build.node('ADD', 'add_2', [a, b], [4, 1], {}, uint8(1));
    const cat = build.node('CONCAT', 'concat_1', [sum, b], [8, 1], { axis: 0 }, uint8(1));
    build.output(sum);
    build.output(cat);
    const source = sourceOf(build.build());
    expect(source).toContain('vsi_nn_SetGraphInputs(graph, NULL, 2);');
    expect(source).toContain(
      'graph->output.tensors[0] = norm_tensor[0];\n    graph->output.tensors[1] = norm_tensor[1];',
    );
    expect(source).toContain(
      'graph->input.tensors[0] = norm_tensor[2];\n    graph->input.tensors[1] = norm_tensor[3];',
    );
    expect(source).toContain('node[1]->input.tensors[0] = node[0]->output.tensors[0];');
    expect(source).toContain('node[1]->input.tensors[1] = norm_tensor[3];');
    expect(source).not.toContain('const_tensor[');
    expect(source).not.toContain('load_data');
  });

  it('rejects a graph that does not hold together', () => {
    const build = new GraphBuilder();
    const data = build.input('in_0', [4, 1]);
    const lost = build.tensor('@lost_5:out0', [4, 1], uint8(1), 'virtual');
    build.output(build.node('ADD', 'add_1', [data, lost], [4, 1]));
    expect(() => sourceOf(build.build())).toThrow(/@lost_5:out0 is read but nothing makes it/);
    const short = new GraphBuilder();
    const input = short.input('in_0', [4, 1]);
    const weight = short.constant('fc_1:weight', [4, 2], new Uint8Array(31));
    short.output(short.node('FCL', 'fc_1', [input, weight, -1], [2, 1], { weights: 2 }));
    expect(() => sourceOf(short.build())).toThrow(/needs 32 bytes of data, it has 31/);
  });

  it('keeps hostile names inside comments', () => {
    const hostile = '*/ int evil; /* \\\n??/ "%s" \u2028_1';
    const build = new GraphBuilder();
    const data = build.input(hostile, [2, 2, 1, 1]);
    const weight = build.weights(`${hostile}:*/weight`, [1, 1, 1, 1]);
    build.output(build.node('CONV2D', hostile, [data, weight, -1], [2, 2, 1, 1], convolution(1, 1)));
    const files = caseFiles(build.build(hostile), imageMeta(hostile, [1, 1, 2, 2]), { name: hostile });
    for (const [name, text] of files) {
      if (typeof text !== 'string' || !/\.[ch]$/.test(name)) continue;
      const code = text.replace(/\/\*[^]*?\*\//g, '');
      expect([name, code.includes('int evil')]).toEqual([name, false]);
      expect([name, /\?\?[=/'()!<>-]/.test(text)]).toEqual([name, false]);
      expect([name, /[^\x20-\x7e\n]/.test(text)]).toEqual([name, false]);
    }
  });
});
