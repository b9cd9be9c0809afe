import { describe, expect, it } from 'vitest';
import type { DeviceGraph } from '../device/graph.ts';
import type { InputMeta } from '../network/input-meta.ts';
import { GraphBuilder, smallNetwork } from '../testing/device-graphs.ts';
import { imageMeta } from '../testing/input-meta.ts';
import { caseFiles } from './case-files.ts';

const noMeta: InputMeta = { databases: [] };

function textOf(graph: DeviceGraph, file: string, meta = noMeta): string {
  return String(caseFiles(graph, meta, { name: 'net' }).get(file));
}

describe('vnn_pre_process.c', () => {
  const network = smallNetwork();

  it('fills the meta of each picture from inputmeta.yml', () => {
    const meta = imageMeta('input_9', [1, 3, 8, 8], {
      reverseChannel: true,
      mean: [128, 127.5, 3],
      scale: 0.0078125,
    });
    const source = textOf(network, 'vnn_pre_process.c', meta);
    expect(source).toContain('input_meta_tab[0].image.reorder[0] = 2;');
    expect(source).toContain('input_meta_tab[0].image.mean[1] = 127.5;');
    expect(source).toContain('input_meta_tab[0].image.scale = 0.0078125;');
    expect(source).toContain('input_meta_tab[0].image.channel_dim = 2;');
    expect(textOf(network, 'vnn_pre_process.h', meta)).toContain('float scale;');
  });

  it('has one scale per channel only where they differ', () => {
    const meta = imageMeta('input_9', [1, 3, 8, 8], { scale: [0.1, 0.1, 0.2] });
    expect(textOf(network, 'vnn_pre_process.c', meta)).toContain('input_meta_tab[0].image.scale[2] = 0.2');
    expect(textOf(network, 'vnn_pre_process.h', meta)).toContain('float scale[4];');
    const equal = imageMeta('input_9', [1, 3, 8, 8], { scale: [0.5, 0.5, 0.5] });
    expect(textOf(network, 'vnn_pre_process.h', equal)).toContain('float scale;');
  });

  it('knows where the device keeps the channels', () => {
    const build = new GraphBuilder();
    const data = build.input('input_1', [3, 8, 6, 1]);
    build.output(build.node('RELU', 'relu_2', [data], [3, 8, 6, 1]));
    const meta = imageMeta('input_1', [1, 6, 8, 3]);
    const nhwc = {
      databases: meta.databases.map((item) => ({
        ...item,
        ports: item.ports.map((port) => ({ ...port, layout: 'nhwc' as const })),
      })),
    };
    const graph = build.build();
    expect(textOf(graph, 'vnn_pre_process.c', nhwc)).toContain('input_meta_tab[0].image.channel_dim = 0;');
    // The same network input, kept by the device as planes.
    const planes = { ...graph.tensors[data], size: [8, 6, 3, 1], order: [0, 3, 1, 2] };
    const moved = { ...graph, tensors: graph.tensors.with(data, planes) };
    const source = textOf(moved, 'vnn_pre_process.c', nhwc);
    expect(source).toContain('input_meta_tab[0].image.channel_dim = 2;');
    expect(source).toContain('input_meta_tab[0].image.reorder[2]');
  });

  it('leaves inputs alone that are no pictures', () => {
    const source = textOf(network, 'vnn_pre_process.c');
    expect(source).not.toContain('= VNN_PREPRO_REORDER;');
    expect(source).toContain('Image processing takes a network whose only input is a picture.');
  });
});
