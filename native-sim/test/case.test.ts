import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { affine, built, bytesOf, load, plain, randomCodes } from './harness.ts';
import { u8 } from './reference/quant.ts';

const sdk = fileURLToPath(new URL('../../out/sdk', import.meta.url));
const source = fileURLToPath(new URL('./case', import.meta.url));

describe.skipIf(!built || !existsSync(join(sdk, 'lib', 'libovxlib.so')))('case code on the SDK', () => {
  it('compiles without warnings and agrees with the addon bit for bit', () => {
    const folder = mkdtempSync(join(tmpdir(), 'nibble-case-'));
    try {
      const program = join(folder, 'twoconv');
      execFileSync('make', [
        '-s',
        '-C',
        source,
        '-f',
        'makefile.linux',
        `VIVANTE_SDK_DIR=${sdk}`,
        `OUT=${program}`,
      ]);
      const w1 = randomCodes(162, u8(0.01, 131));
      const w2 = randomCodes(24, u8(0.015, 90));
      const b1 = Int32Array.from({ length: 6 }, (_, i) => i * 300 - 700);
      const b2 = Int32Array.from({ length: 4 }, (_, i) => 500 - i * 250);
      const data = Buffer.concat([Uint8Array.from(w1), bytesOf(b1), Uint8Array.from(w2), bytesOf(b2)]);
      writeFileSync(join(folder, 'case.export.data'), data);
      const input = Float32Array.from({ length: 192 }, (_, i) => Math.sin(i) * 3);
      writeFileSync(join(folder, 'input.tensor'), Array.from(input, String).join('\n'));
      const env = { ...process.env, LD_LIBRARY_PATH: join(sdk, 'lib') };
      execFileSync(program, ['case.export.data', 'input.tensor'], { cwd: folder, env });
      const virtual = { ...affine(u8(0.05, 10), []), virtual: true };
      const conv = (k: number, oc: number, pad: number) => ({
        ksize: [k, k],
        stride: [1, 1],
        pad: [pad, pad, pad, pad],
        dilation: [1, 1],
        weights: oc,
        group: 1,
      });
      const spec = {
        keepAll: true,
        tensors: [
          affine(u8(0.02, 100), [8, 8, 3, 1]),
          affine(u8(0.25, 120), [8, 8, 4, 1]),
          affine(u8(0.01, 131), [3, 3, 3, 6], w1),
          plain('i32', [6], b1),
          affine(u8(0.015, 90), [1, 1, 6, 4], w2),
          plain('i32', [4], b2),
          virtual,
          virtual,
        ],
        nodes: [
          { op: 2, uid: 1, inputs: [0, 2, 3], outputs: [6], params: conv(3, 6, 1) },
          { op: 22, uid: 2, inputs: [6], outputs: [7], params: {} },
          { op: 2, uid: 3, inputs: [7, 4, 5], outputs: [1], params: conv(1, 4, 0) },
        ],
        inputs: [0],
        outputs: [1],
      };
      const graph = load().createGraph(spec);
      graph.writeFloat(0, input);
      graph.run();
      expect(new Uint8Array(readFileSync(join(folder, 'input_0.dat')))).toEqual(graph.read(0));
      expect(new Uint8Array(readFileSync(join(folder, 'output0_8_8_4_1.dat')))).toEqual(graph.read(1));

      const rounded = load().createGraph({ ...spec, requantization: 'npu7' });
      rounded.writeFloat(0, input);
      rounded.run();
      const requantized = (name: string) => ({ ...env, NIBBLE_SIM_REQUANTIZATION: name });
      execFileSync(program, ['case.export.data', 'input.tensor'], { cwd: folder, env: requantized('npu7') });
      expect(new Uint8Array(readFileSync(join(folder, 'output0_8_8_4_1.dat')))).toEqual(rounded.read(1));
      const refused = spawnSync(program, ['case.export.data', 'input.tensor'], {
        cwd: folder,
        env: requantized('npu'),
        encoding: 'utf8',
      });
      expect(refused.status).not.toBe(0);
      expect(refused.stderr).toContain('NIBBLE_SIM_REQUANTIZATION is "npu", expected exact, npu7 or npu8');

      const text = (variables: Record<string, string>): string =>
        execFileSync(program, ['case.export.data', 'input.tensor'], {
          cwd: folder,
          env: { ...env, ...variables },
        }).toString();
      expect(text({ CNN_PERF: '0', NN_LAYER_DUMP: '0', VIV_VX_DEBUG_LEVEL: '1' })).toBe(text({}));
      expect(existsSync(join(folder, 'layer_dump'))).toBe(false);
      // The convolution in front does the work of the RELU.
      expect(text({ CNN_PERF: '1' })).toMatch(
        /name: RELU uid: 2 execution time: 0\.0 us \(done by the layer before\)$/m,
      );
      const fails = (variables: Record<string, string>): string =>
        spawnSync(program, ['nothing.data', 'input.tensor'], {
          cwd: folder,
          env: { ...env, ...variables },
          encoding: 'utf8',
        }).stderr;
      expect(fails({})).toMatch(/^E \[/m);
      expect(fails({ VSI_NN_LOG_LEVEL: '0' })).not.toMatch(/^E \[/m);

      const watched = { ...env, CNN_PERF: '1', NN_LAYER_DUMP: '1' };
      const shown = execFileSync(program, ['case.export.data', 'input.tensor'], {
        cwd: folder,
        env: watched,
      }).toString();
      expect(
        shown.match(/^layer_id: \d+ layer name: \w+ uid: \d+ execution time: [\d.]+ us$/gm),
      ).toHaveLength(3);
      expect(shown).toMatch(/^3 layers, execution time: [\d.]+ us$/m);
      const dumped = (name: string): number[] =>
        readFileSync(join(folder, 'layer_dump', name), 'utf8')
          .trim()
          .split(/\s+/)
          .map(Number);
      expect(readdirSync(join(folder, 'layer_dump')).sort()).toEqual([
        'CONV2D_uid_1_t_0_s_8_8_6_1.txt',
        'CONV2D_uid_3_t_0_s_8_8_4_1.txt',
        'RELU_uid_2_t_0_s_8_8_6_1.txt',
      ]);
      expect(dumped('RELU_uid_2_t_0_s_8_8_6_1.txt')).toEqual(
        [...graph.readFloat(7)].map((value) => expect.closeTo(value, 4)),
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
