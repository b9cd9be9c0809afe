import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadSample } from '../dataset/sample.ts';
import { packageRoot } from '../files/package-root.ts';
import type { InputMeta, InputPort } from '../network/input-meta.ts';
import { stepOf } from '../testing/post-steps.ts';
import { canRunCases, compileCase, runCase } from '../testing/case-program.ts';
import { GraphBuilder, uint8 } from '../testing/device-graphs.ts';
import { imageMeta } from '../testing/input-meta.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { planStep } from '../postprocess/plan.ts';
import { caseFiles } from './case-files.ts';
import { deviceOutputs } from './post-process.ts';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
// The stand-in for libjpeg brings its own header.
const canReadJpeg = canRunCases && !existsSync(join(packageRoot(), 'out/sdk/include/jpeg/jpeglib.h'));

/** Planes for the first input, channels together for the second; each with its own numbers. */
const planes = imageMeta('a_1', [1, 3, 24, 32], { reverseChannel: true, mean: [10, 20, 30], scale: 0.5 })
  .databases[0].ports[0];
const together: InputPort = {
  ...imageMeta('b_2', [1, 16, 20, 3], { mean: [128, 127, 126], scale: [0.1, 0.2, 0.3] }).databases[0]
    .ports[0],
  layout: 'nhwc',
};
const meta: InputMeta = { databases: [{ path: 'list.txt', type: 'TEXT', ports: [planes, together] }] };

/** A smooth colour picture, saved as JPEG without loss of colour resolution. */
async function savePicture(name: string, width: number, height: number): Promise<void> {
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = [(255 * x) / width, (255 * y) / height, 127 + 100 * Math.sin(x / 9 + y / 7)];
      pixel.forEach((value, channel) => (data[(y * width + x) * 3 + channel] = Math.round(value)));
    }
  }
  const raw = { width, height, channels: 3 as const };
  await sharp(data, { raw }).jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toFile(at(name));
}

/** Largest and mean difference. */
function differences(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
): { largest: number; mean: number } {
  expect(actual.length).toBe(expected.length);
  const all = Array.from(actual, (value, index) => Math.abs(value - expected[index]));
  return { largest: Math.max(...all), mean: all.reduce((sum, value) => sum + value, 0) / all.length };
}

async function floats(name: string): Promise<Float32Array> {
  const bytes = await readFile(at(name));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

describe.skipIf(!canReadJpeg)(
  'input files of the C program (skipped without out/sdk, gcc or libjpeg)',
  () => {
    beforeAll(async () => {
      const build = new GraphBuilder();
      const a = build.input('a_1', [32, 24, 3, 1]);
      const b = build.input('b_2', [3, 20, 16, 1]);
      for (const [id, size] of [
        [a, [32, 24, 3, 1]],
        [b, [3, 20, 16, 1]],
      ] as const)
        build.output(build.node('RELU', `relu_${id}`, [id], size));
      const files = caseFiles(build.build(), meta, { name: 'net' });
      await compileCase(folder, files);
      // The same with the exact transform of libjpeg instead of the fast one.
      const source = String(files.get('vnn_pre_process.c')).replace('JDCT_IFAST', 'JDCT_ISLOW');
      await compileCase(at('exact'), files.set('vnn_pre_process.c', source));
      await savePicture('a.jpg', 32, 24);
      await savePicture('large.jpg', 100, 81);
    }, 60_000);

    it.each([
      ['of the right size', 'a.jpg', 'exact', { largest: 1, mean: 0.05 }],
      ['stretched', 'large.jpg', 'exact', { largest: 1, mean: 0.05 }],
      ['of the right size, decoded fast', 'a.jpg', '.', { largest: 8, mean: 2 }],
      ['stretched, decoded fast', 'large.jpg', '.', { largest: 8, mean: 2 }],
    ])(
      'JPEG %s: our own preprocessing, for every input with its own numbers',
      async (_, file, program, limit) => {
        runCase(at(program), 'net', [at(file), at('large.jpg')]);
        // In steps of a pixel value.
        const first = differences(await floats(`${program}/input_0.dat`), await loadSample(at(file), planes));
        const second = differences(
          await floats(`${program}/input_1.dat`),
          await loadSample(at('large.jpg'), together),
        );
        expect(first.largest / 0.5).toBeLessThanOrEqual(limit.largest);
        expect(first.mean / 0.5).toBeLessThan(limit.mean);
        expect(second.largest / 0.3).toBeLessThanOrEqual(limit.largest + 1e-5);
        expect(second.mean / 0.2).toBeLessThan(limit.mean);
      },
    );

    it('.tensor text: exactly what our own preprocessing made', async () => {
      const samples = await Promise.all([
        loadSample(at('a.jpg'), planes),
        loadSample(at('large.jpg'), together),
      ]);
      await Promise.all(samples.map((sample, index) => writeFile(at(`s${index}.tensor`), sample.join('\n'))));
      runCase(folder, 'net', ['s0.tensor', 's1.tensor']);
      expect([await floats('input_0.dat'), await floats('input_1.dat')]).toEqual(samples);
    });
  },
);

describe.skipIf(!canRunCases)('stored input files (skipped without out/sdk, gcc, g++ or make)', () => {
  it('.tensor, .txt, .qtensor, .qnt.tensor, .bin and .dat give the same uint8 input', async () => {
    const build = new GraphBuilder();
    const storage = uint8(0.25, 7);
    const input = build.input('in_1', [5, 2, 1, 1], storage);
    build.output(build.node('RELU', 'relu_2', [input], [5, 2, 1, 1], {}, storage));
    const project = at('stored');
    await compileCase(project, caseFiles(build.build(), { databases: [] }, { name: 'net' }));
    const bytes = Uint8Array.from([0, 255, 7, 8, 100, 1, 2, 3, 200, 254]);
    const real = Array.from(bytes, (value) => (value - 7) * 0.25).join('\n');
    const files: [string, string | Uint8Array][] = [
      ['i.tensor', real],
      ['i.txt', real],
      ['i.qtensor', bytes.join('\n')],
      ['i.qnt.tensor', bytes.join('\n')],
      ['i.bin', bytes],
      ['i.dat', bytes],
    ];
    for (const [name, content] of files) {
      await writeFile(join(project, name), content);
      runCase(project, 'net', [name]);
      expect([name, new Uint8Array(await readFile(join(project, 'input_0.dat')))]).toEqual([name, bytes]);
    }
    await writeFile(join(project, 'short.bin'), bytes.subarray(1));
    expect(() => runCase(project, 'net', ['short.bin'])).toThrow(
      /short.bin fail: it has 9 bytes, the input takes 10/,
    );
    expect(() => runCase(project, 'net', ['i.npy'])).toThrow(/error input file type: i.npy/);
  }, 60_000);
});

describe.skipIf(!canReadJpeg)(
  'boxes of a stretched picture (skipped without out/sdk, gcc or libjpeg)',
  () => {
    it('are pixels of the picture', async () => {
      const build = new GraphBuilder();
      const picture = build.input('a_1', [32, 24, 3, 1]);
      const table = build.input('b_2', [6, 1, 1]);
      build.output(build.node('RELU', 'relu_1', [picture], [32, 24, 3, 1]));
      build.output(build.node('RELU', 'relu_2', [table], [6, 1, 1]));
      const graph = build.build();
      const outputs = deviceOutputs(graph).map((output, index) => ({ ...output, key: `o${index}` }));
      const step = stepOf('yolo_table', ['o1'], { classes: 2, input_size: [32, 24] });
      const only = { databases: [{ ...meta.databases[0], ports: [planes] }] };
      const project = at('boxes');
      await compileCase(
        project,
        caseFiles(graph, only, { name: 'net', steps: [planStep(step, outputs, { labels: [] })] }),
      );
      await savePicture('large.jpg', 320, 120);
      await writeFile(join(project, 'box.tensor'), '16 12 8 6 0.9 0.1');
      const log = runCase(project, 'net', [at('large.jpg'), 'box.tensor']);
      expect(log).toContain('1 detections\nclass 0: 0.9000 box 120.000 45.000 200.000 75.000\n');
      const other = runCase(project, 'net', [at('large.jpg'), 'box.tensor'], { VNN_IMAGE_SIZE: '64x48' });
      expect(other).toContain('box 24.000 18.000 40.000 30.000\n');
    }, 60_000);
  },
);
