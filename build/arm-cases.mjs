// Case code that runs on this machine and on emulated ones, for build/arm-checks.mjs.
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './install.mjs';

const sample = join(root, 'assets/sample');

// Integers only: float32 sums may differ between instruction sets.
const TYPES = [
  ['asymmetric_affine', 'uint8'],
  ['perchannel_symmetric_affine', 'int8'],
  ['dynamic_fixed_point', 'int16'],
];

/**
 * Writes case folders, each with `case.export.data` and `input.tensor`: the program of native-sim/test/case, and the
 * bundled network in several types.
 * @param {string} work an empty folder
 * @returns {string[] | undefined} the folders; undefined if a command failed
 */
export function writeCases(work) {
  const small = join(work, 'two-convolutions');
  cpSync(join(root, 'native-sim/test/case'), small, { recursive: true });
  writeFileSync(join(small, 'case.export.data'), smallData());
  writeFileSync(join(small, 'input.tensor'), waves(3 * 8 * 8));
  const network = importSample(work);
  if (!network) return undefined;
  const folders = [small];
  for (const [quantizer, type] of TYPES) {
    const table = ['--model-quantize', join(work, `${type}.quantize`)];
    const how = ['--quantizer', quantizer, '--qtype', type, '--rebuild-all', '--iterations', '1'];
    const folder = join(work, type);
    const output = ['--dtype', 'quantized', '--output-path', join(folder, 'case')];
    if (!pegasus(work, ['quantize', ...network, ...table, ...how])) return undefined;
    if (!pegasus(work, ['export', 'ovxlib', ...network, ...table, ...output])) return undefined;
    writeFileSync(join(folder, 'input.tensor'), waves(28 * 28));
    folders.push(folder);
  }
  return folders;
}

/** The options that name the imported network and its input. */
function importSample(work) {
  const [model, data, meta] = ['case.json', 'case.data', 'case_inputmeta.yml'].map((file) =>
    join(work, file),
  );
  const onnx = join(sample, 'mobilenetv2-tiny.onnx');
  const pictures = join(sample, 'fashion-mnist/calibration.txt');
  const done =
    pegasus(work, ['import', 'onnx', '--model', onnx, '--output-model', model, '--output-data', data]) &&
    pegasus(work, [
      'generate',
      'inputmeta',
      '--model',
      model,
      '--source-file',
      pictures,
      '--input-meta-output',
      meta,
    ]);
  return done ? ['--model', model, '--model-data', data, '--with-input-meta', meta] : undefined;
}

function pegasus(folder, args) {
  const stdio = ['ignore', 'ignore', 'inherit'];
  return run(process.execPath, [join(root, 'bin/pegasus'), ...args], { cwd: folder, stdio }) === 0;
}

// Weights and biases of two convolutions: 3x3 from 3 to 6 channels, 1x1 from 6 to 4.
function smallData() {
  const weights = (n) => Buffer.from(Array.from({ length: n }, (_, i) => (i * 73 + ((i * i) >> 3)) % 256));
  const biases = (n) => Buffer.from(Int32Array.from({ length: n }, (_, i) => i * 300 - 700).buffer);
  return Buffer.concat([weights(162), biases(6), weights(24), biases(4)]);
}

const waves = (n) => Array.from({ length: n }, (_, i) => String(Math.sin(i) * 3)).join('\n');

/**
 * Compiles a case folder.
 * @param {{ sdk: string, compiler: string }} target `compiler`: what the names of its programs begin with
 * @returns {string | undefined} the folder of the program
 */
export function buildCase(source, folder, { sdk, compiler }) {
  cpSync(source, folder, { recursive: true });
  const settings = [`CROSS_COMPILE=${compiler}`, `VIVANTE_SDK_DIR=${sdk}`, 'OUT=program', 'BIN=program'];
  const make = ['-s', '-C', folder, '-f', 'makefile.linux', 'USE_IDE_LIB=1', ...settings];
  return run('make', make) === 0 ? folder : undefined;
}

/**
 * Runs what `buildCase` built, with every layer dumped.
 * @param {string[]} emulator the command in front of the program
 * @returns {Map<string, string> | undefined} the contents of the files that it writes, by name
 */
export function caseOutputs(folder, { sdk }, emulator) {
  const [command, ...args] = [...emulator, './program', 'case.export.data', 'input.tensor'];
  const env = { ...process.env, LD_LIBRARY_PATH: join(sdk, 'lib'), NN_LAYER_DUMP: '1' };
  for (const file of written(folder)) rmSync(join(folder, file));
  if (run(command, args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] }) !== 0)
    return undefined;
  const files = written(folder);
  if (files.length === 0) return undefined;
  return new Map(files.map((file) => [file, readFileSync(join(folder, file), 'latin1')]));
}

function written(folder) {
  const layers = join(folder, 'layer_dump');
  return [
    ...readdirSync(folder).filter((file) => file.endsWith('.dat')),
    ...(existsSync(layers) ? readdirSync(layers) : []).map((file) => join('layer_dump', file)),
  ];
}
