import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lowerNetwork } from '../device/lower.ts';
import { quantizedPlan } from '../device/types.ts';
import { packageRoot } from '../files/package-root.ts';
import { defaultInputMeta } from '../files/inputmeta-default.ts';
import { toFloat32 } from '../network/tensor.ts';
import { calibrate } from '../quantization/calibrate.ts';
import { resolveScheme } from '../quantization/schemes.ts';
import { buildTable } from '../quantization/table.ts';
import { INPUT, spreadNetwork } from '../testing/spread-network.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { caseFiles } from './case-files.ts';
import { goldenOf } from './golden.ts';
import { writeCase } from './write-case.ts';

const sdk = join(packageRoot(), 'out/sdk');
const ready = existsSync(join(sdk, 'include')) && spawnSync('make', ['--version']).status === 0;
const folder = temporaryFolder();

async function exported(): Promise<void> {
  const network = spreadNetwork();
  const sample = toFloat32(INPUT);
  const ranges = await calibrate(network, {
    batchSize: 1,
    batches: (async function* once() {
      yield { inputs: new Map([['x_0', sample]]) };
    })(),
    signal: new AbortController().signal,
    onBatch: () => undefined,
  });
  const table = buildTable(network, { scheme: resolveScheme('asymmetric_affine'), ranges, all: true });
  const { graph } = lowerNetwork(network, { plan: quantizedPlan(table), batch: 1 });
  const golden = goldenOf(graph, [[sample], [sample.map((value) => -value)]]);
  const files = caseFiles(graph, defaultInputMeta(network), { name: 'spread', golden });
  await writeCase(folder, files);
}

function make(flags: string): void {
  const args = ['-f', 'makefile.linux', '-B', 'USE_IDE_LIB=1', `VIVANTE_SDK_DIR=${sdk}`];
  const { status, stderr } = spawnSync('make', [...args, `CFLAGS=-Wall -Wextra -Werror ${flags}`], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(stderr).not.toMatch(/warning/);
  expect(status).toBe(0);
}

function selfTest(): { status: number | null; lines: string[] } {
  const { status, stdout } = spawnSync(join(folder, 'spread'), ['spread.export.data', '--self-test'], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, LD_LIBRARY_PATH: join(sdk, 'lib') },
  });
  return { status, lines: stdout.split('\n') };
}

describe.skipIf(!ready)('the self test of a case (skipped until the simulator is built as an SDK)', () => {
  test('passes where it was made, and names the first layer that differs', async () => {
    await exported();
    make('');
    const good = selfTest();
    expect(good.lines).toContain('Self test: PASS');
    expect(good.lines.filter((line) => line.startsWith('PASS golden'))).toHaveLength(2);
    expect(good.status).toBe(0);

    // A weight of the third layer gone wrong, as a bad transfer or another chip would have it.
    const data = readFileSync(join(folder, 'spread.export.data'));
    const constants = readFileSync(join(folder, 'vnn_spread.c'), 'utf8');
    const [, offset, size] = /c_3:weight[^]*?NEW_CONST_TENSOR\(.*?, (\d+), (\d+)\)/.exec(constants) ?? [];
    expect(Number(size)).toBeGreaterThan(0);
    data.fill(0, Number(offset), Number(offset) + Number(size));
    writeFileSync(join(folder, 'spread.export.data'), data);
    const bad = selfTest();
    expect(bad.lines).toContain('Self test: FAIL');
    expect(bad.lines.join()).toMatch(/Build with CFLAGS=-DVNN_APP_DEBUG=1/);
    expect(bad.status).toBe(1);
    make('-DVNN_APP_DEBUG=1');
    expect(selfTest().lines.join('\n')).toMatch(/^First layer that differs: c_3 /m);

    writeFileSync(join(folder, 'self_test/golden1_input0.dat'), 'short');
    expect(selfTest()).toMatchObject({ status: 1 });
  }, 60_000);
});
