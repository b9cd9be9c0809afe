import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { lowerNetwork } from '../device/lower.ts';
import { quantizedPlan } from '../device/types.ts';
import { readCoefficients } from '../files/coefficients.ts';
import { readNetworkFile } from '../files/network-json.ts';
import { packageRoot } from '../files/package-root.ts';
import { readQuantizeFile } from '../files/quantize-file.ts';
import { openPacked } from '../packing/open.ts';
import { readPacked } from '../packing/read.ts';
import { Simulator } from '../simulator/simulator.ts';
import { seededRandom } from '../testing/hostile.ts';
import { at, folder, imported, model, quantize } from '../testing/quantize-sample.ts';
import { quietContext } from '../testing/temporary.ts';
import { exportOvxlibJob, type ExportResult } from './export.ts';
import { runCaseJob } from './run-case.ts';

const sdk = join(packageRoot(), 'out/sdk');
const canCompile = existsSync(join(sdk, 'include'));
const CHIP = 'VIPNANOQI_PID0X88';

beforeAll(async () => {
  await quantize({ iterations: 2 });
});

/** Exports the sample; answers what was written and logged. */
async function run(options: Record<string, unknown>): Promise<ExportResult & { log: string[] }> {
  const log: string[] = [];
  const given = {
    model,
    modelData: imported,
    modelQuantize: at('net.quantize'),
    withInputMeta: at('calibration.yml'),
    dtype: 'quantized',
    ...options,
  };
  const context = { ...quietContext(), log: (level: string, text: string) => log.push(`${level} ${text}`) };
  return { ...(await exportOvxlibJob(given, context)), log };
}

const bytesOf = ({ folder: where, files }: { folder: string; files: string[] }): Map<string, string> =>
  new Map(files.map((name) => [name, readFileSync(join(where, name)).toString('latin1')]));

describe('what cannot be', () => {
  test.each([
    [{ packNbgUnify: true, packNbgViplite: true, optimize: CHIP }, /--pack-nbg-unify and --pack-nbg-viplite/],
    [{ packNbgUnify: true, saveFusedGraph: true, optimize: CHIP }, /--save-fused-graph and --pack-nbg-unify/],
    [{ packNbgViplite: true, forceRemovePermute: true, optimize: CHIP }, /exclude each other/],
    [{ packNbgUnify: true }, /packing needs --optimize/],
    [{ packNbgViplite: true, optimize: 'None' }, /packing needs --optimize/],
    [{ optimize: 'Pentium' }, /--optimize: "Pentium" is neither/],
    [{ modelQuantize: undefined }, /needs --model-quantize/],
    [{ postprocessFile: 'x.yml' }, /does not exist|no such file/],
    [{ buildPlatform: 'ninja' }, /--build-platform/],
    [{ batchSize: 0 }, /--batch-size/],
  ])('%j', async (options, message) => {
    await expect(run({ outputPath: at('refused/net'), ...options })).rejects.toThrow(message);
    expect(existsSync(at('refused'))).toBe(false);
  });

  test('an SDK without headers and libraries', async () => {
    const options = { packNbgUnify: true, optimize: CHIP, vivSdk: folder, outputPath: at('refused/net') };
    await expect(run(options)).rejects.toThrow(/no "include" and "lib" folder/);
    expect(existsSync(at('refused'))).toBe(false);
  });
});

describe('packing for the simulator', () => {
  test('writes a folder beside the case, says what it is, and does the same again', async () => {
    const options = { outputPath: at('twice/net'), packNbgUnify: true, optimize: CHIP };
    const first = await run(options);
    expect(first.packed).toMatchObject({
      folder: at('twice_nbg_unify'),
      kind: 'unify',
      packer: 'simulator',
    });
    const warnings = first.log.filter((line) => line.startsWith('W'));
    expect(warnings).toEqual([expect.stringMatching(/our own format.*no NPU driver takes it/)]);
    expect(readPacked(readFileSync(at('twice_nbg_unify/network_binary.nb'))).pid).toBe(0x88);
    const before = [bytesOf(first), bytesOf(first.packed ?? first)];
    const second = await run(options);
    expect([bytesOf(second), bytesOf(second.packed ?? second)]).toEqual(before);
  });

  test.skipIf(!canCompile)('the packed case, the unify case and the file give the same bytes', async () => {
    const exported = await run({ outputPath: at('same/net'), packNbgUnify: true, optimize: CHIP });
    const network = await readNetworkFile(model);
    for (const [key, tensors] of await readCoefficients(imported)) {
      for (const [name, tensor] of tensors) network.setCoefficient(key, name, tensor);
    }
    const plan = quantizedPlan(await readQuantizeFile(at('net.quantize')));
    const { graph } = lowerNetwork(network, { plan, batch: 1 });
    const count = graph.tensors[graph.inputs[0]].size.reduce((product, dim) => product * dim, 1);
    const random = seededRandom(5);
    const input = Uint8Array.from({ length: count }, () => random() * 256);
    writeFileSync(at('same.bin'), input);
    const simulators = [new Simulator(graph), await openPacked(at('same_nbg_unify/network_binary.nb'))];
    const [expected, loaded] = simulators.map((simulator) => {
      const [{ bytes }] = simulator.runRaw([input]);
      simulator.dispose();
      return bytes;
    });
    expect(loaded).toEqual(expected);
    for (const { folder: where } of [exported, { folder: at('same_nbg_unify') }]) {
      const { outputs } = await runCaseJob({ folder: where, samples: [[at('same.bin')]] }, quietContext());
      expect([...outputs[0][0]]).toEqual([...expected]);
    }
  });

  test.skipIf(!canCompile)('the packed case refuses another device and another network', async () => {
    await run({ outputPath: at('pid/net'), packNbgUnify: true, optimize: CHIP });
    const samples = [[at('pid.bin')]];
    writeFileSync(at('pid.bin'), new Uint8Array(28 * 28));
    process.env.NIBBLE_SIM_PID = '0x99';
    try {
      const result = runCaseJob({ folder: at('pid_nbg_unify'), samples }, quietContext());
      await expect(result).rejects.toThrow(/ended with code/);
    } finally {
      delete process.env.NIBBLE_SIM_PID;
    }
    await run({ outputPath: at('float/net'), packNbgUnify: true, optimize: CHIP, dtype: 'float16' });
    copyFileSync(at('float_nbg_unify/network_binary.nb'), at('pid_nbg_unify/network_binary.nb'));
    const program = at('pid_nbg_unify/net');
    const env = { ...process.env, LD_LIBRARY_PATH: join(sdk, 'lib') };
    const failing = (): unknown =>
      execFileSync(program, ['network_binary.nb', at('pid.bin')], {
        cwd: at('pid_nbg_unify'),
        env,
        stdio: 'pipe',
      });
    expect(failing).toThrow(
      /input 0 is uint8 with another quantization or type than the packed network's float16/,
    );
  });

  test('the lines that follow an export in the vendor script work', async () => {
    // A folder of its own: the script moves every packed folder beside the current one.
    const demo = at('script/demo');
    mkdirSync(demo, { recursive: true });
    const before = process.cwd();
    process.chdir(demo);
    try {
      await run({ packNbgUnify: true, optimize: CHIP, vivSdk: '../bin/vcmdtools' });
    } finally {
      process.chdir(before);
    }
    const script = [
      'set -e',
      'NAME=net',
      'rm -rf ${NAME}_nbg_unify',
      'mv ../*_nbg_unify ${NAME}_nbg_unify',
      'cd ${NAME}_nbg_unify',
      'mv network_binary.nb ${NAME}.nb',
      'cd ..',
      'mkdir -p ${NAME}_normal_case_demo',
      'mv *.h *.c .project .cproject *.vcxproj BUILD *.linux *.export.data ${NAME}_normal_case_demo',
    ].join('\n');
    execFileSync('bash', ['-c', script], { cwd: demo, stdio: 'pipe' });
    expect(readdirSync(demo).sort()).toEqual(['net_nbg_unify', 'net_normal_case_demo']);
    expect(readdirSync(join(demo, 'net_nbg_unify'))).toEqual(
      expect.arrayContaining(['net.nb', 'nbg_meta.json', 'main.c', 'vnn_net.c', 'makefile.linux', 'BUILD']),
    );
    expect(readdirSync(join(demo, 'net_normal_case_demo'))).toContain('net.export.data');
  });
});

describe('other options', () => {
  test('--save-fused-graph, --target-ide-project and the reserved ones', async () => {
    const { files, log } = await run({
      outputPath: at('fused/net'),
      saveFusedGraph: true,
      targetIdeProject: 'win32',
      customerLids: 'x',
    });
    expect(files).toContain('net_fused.json');
    expect(files.filter((name) => name.startsWith('.'))).toEqual([]);
    expect(log).toContain('W --customer-lids is reserved and does nothing');
    const fused: unknown = JSON.parse(readFileSync(at('fused/net_fused.json'), 'utf8'));
    // One more node stands there for a data file that is a packed network.
    const nodes = readFileSync(at('fused/vnn_net.c'), 'utf8').match(/NEW_VXNODE\(node\[(?!.*NBG)/g) ?? [];
    expect(fused).toHaveProperty('MetaData.Name', 'Ovxlib_Debug_Graph');
    expect(Object.keys((fused as { Layers: object }).Layers)).toHaveLength(nodes.length);
    await expect(readNetworkFile(at('fused/net_fused.json'))).rejects.toThrow(/fused debug graph/);
  });

  test('--force-remove-permute says when there is nothing to do', async () => {
    const { log } = await run({ outputPath: at('permute/net'), forceRemovePermute: true });
    expect(log).toContain('W --force-remove-permute: this network comes from onnx, nothing is removed');
  });

  test('--batch-size of the case', async () => {
    await run({ outputPath: at('batch/net'), batchSize: 1 });
    expect(readFileSync(at('batch/vnn_net.c'), 'utf8')).toContain('attr.size[3] = 1;');
  });
});
