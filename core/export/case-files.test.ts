import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { InputMeta } from '../network/input-meta.ts';
import { smallNetwork, uint8Network } from '../testing/device-graphs.ts';
import { caseFiles, packedCaseFiles } from './case-files.ts';
import { writeCase } from './write-case.ts';

const noMeta: InputMeta = { databases: [] };

describe('the files of a case', () => {
  it('are the ones the toolkit writes', () => {
    const files = caseFiles(smallNetwork(), noMeta, { name: 'Small_Net' });
    expect([...files.keys()].sort()).toEqual([
      '.cproject',
      '.project',
      'BUILD',
      'Small_Net.export.data',
      'main.c',
      'makefile.linux',
      'smallnet.vcxproj',
      'vnn_global.h',
      'vnn_post_process.c',
      'vnn_post_process.h',
      'vnn_pre_process.c',
      'vnn_pre_process.h',
      'vnn_smallnet.c',
      'vnn_smallnet.h',
    ]);
  });

  it('have the same bytes every time, end with a newline and leave no placeholder', () => {
    const first = caseFiles(smallNetwork(), noMeta, { name: 'net' });
    expect(caseFiles(smallNetwork(), noMeta, { name: 'net' })).toEqual(first);
    for (const [name, text] of first) {
      if (typeof text !== 'string') continue;
      expect([name, text.endsWith('}\n') || text.endsWith('>\n') || /[^\n]\n$/.test(text)]).toEqual([
        name,
        true,
      ]);
      expect([name, text.includes('@{')]).toEqual([name, false]);
      expect([name, /[ \t]\n|\n\n\n/.test(text)]).toEqual([name, false]);
    }
  });

  it('are written whole, and nothing else is left behind', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'case-'));
    const files = caseFiles(smallNetwork(), noMeta, { name: 'net' });
    await writeCase(join(folder, 'deep', 'down'), files);
    expect((await readdir(join(folder, 'deep', 'down'))).sort()).toEqual([...files.keys()].sort());
    expect(await readFile(join(folder, 'deep', 'down', 'main.c'), 'utf8')).toBe(files.get('main.c'));
    await expect(writeCase(join(folder, 'x'), files, AbortSignal.abort())).rejects.toThrow(/cancelled/);
    await rm(folder, { recursive: true });
  });

  it('of a packed network hold one node and no constants', () => {
    const files = packedCaseFiles(smallNetwork(), noMeta, { name: 'net' });
    const source = String(files.get('vnn_net.c'));
    expect(source.match(/NEW_VXNODE\(node/g)).toHaveLength(1);
    expect(source).toContain('node[0]->nn_param.nbg.url = data_file_name;');
    expect(source).toContain('#define NET_VIRTUAL_TENSOR_NUM (1)');
    expect(source).not.toContain('inference_with_nbg');
    expect(files.has('net.export.data')).toBe(false);
    expect(JSON.parse(String(files.get('nbg_meta.json')))).toEqual({
      Inputs: { input_9: { name: 'input', shape: [1, 3, 8, 8], format: 'nchw', dtype: 'float32' } },
      Outputs: { fc_4: { name: 'fc', shape: [1, 10], format: 'nchw', dtype: 'float32' } },
      Recurrent_connections: {},
    });
    const quantized = packedCaseFiles(uint8Network(), noMeta, { name: 'net' }).get('nbg_meta.json');
    expect(JSON.parse(String(quantized))).toHaveProperty('Inputs.input_5.quantize', {
      qtype: 'u8',
      scale: [0.0078125],
      zero_point: [128],
    });
  });
});
