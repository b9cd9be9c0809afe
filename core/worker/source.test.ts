import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { decodeText } from '../files/atomic.ts';
import { parseNetwork } from '../files/network-json.ts';
import { FRAMEWORK_FILES } from '../importers/formats.ts';
import { onnxModelType } from '../importers/onnx/encode.ts';
import { base, encodeTiny, type TinyModel } from '../importers/onnx/testing.ts';
import { knownSymbolicShapes } from '../ops/symbolic-shapes.ts';
import type { WireError } from './contract.ts';
import type { ModelFiles, ModelReader } from './import-model.ts';
import { chainNetwork, testCore, textFile } from './testing.ts';
import { toWireError } from './wire-error.ts';

const onnx = (model: TinyModel, name = 'tiny.onnx') => ({ files: [{ name, bytes: encodeTiny(model) }] });

/** What a call is refused with. */
async function refusal(call: Promise<unknown>): Promise<WireError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error === undefined) throw new Error('it was not refused');
  return toWireError(error);
}

const settings = {};

const open: TinyModel = {
  inputs: { image: ['N', 3, 'height', 'width'] },
  nodes: [{ op: 'Relu', name: 'first', inputs: ['image'], outputs: ['y'] }],
  outputs: ['y'],
};

/** Two operators nobody has, on one of two branches. */
const odd: TinyModel = {
  inputs: { x: [1, 4] },
  nodes: [
    { op: 'Relu', name: 'first', inputs: ['x'], outputs: ['a'] },
    { op: 'Foo', name: 'foo', domain: 'my', inputs: ['a'], outputs: ['b'] },
    { op: 'Foo', name: 'foo2', domain: 'my', inputs: ['b'], outputs: ['c'] },
    { op: 'Sigmoid', name: 'last', inputs: ['c'], outputs: ['y'] },
    { op: 'Tanh', name: 'other', inputs: ['a'], outputs: ['z'] },
  ],
  outputs: ['y', 'z'],
  declared: { b: [1, 4], c: [1, 4] },
};

describe('a model that leaves sizes open', () => {
  it('is asked about, imported with the answer, and opened again with it', async () => {
    const { core, projects } = testCore();
    const error = await refusal(core.importModel(onnx(open), 'a'));
    expect(error.details?.choices).toEqual([
      {
        option: 'sizes',
        name: 'image',
        message: 'dimensions 2, 3 are open: the model declares [N,3,height,width]',
      },
    ]);
    const source = await core.source();
    expect(source).toMatchObject({
      pending: true,
      file: 'tiny.onnx',
      own: true,
      inputs: [{ name: 'image', shape: ['N', 3, 'height', 'width'], type: 'float32' }],
      choices: { inputs: [{ name: 'image', shape: [1, 3, null, null], type: null }], outputs: ['y'] },
    });
    const missing = await refusal(core.importSource({ inputs: [], outputs: [], settings }, 'b'));
    expect(missing.details?.choices?.[0]).toMatchObject({ option: 'sizes', name: 'image' });
    const choices = {
      inputs: [{ name: 'image', shape: [2, 3, 8, 6], type: 'uint8' }],
      outputs: ['y'],
      settings,
    };
    const summary = await core.importSource(choices, 'c');
    expect(summary.inputs[0].shape).toEqual([2, 3, 8, 6]);
    expect(await core.source()).toMatchObject({ pending: false, own: false, choices, problem: null });
    await core.closeProject();
    const reopened = testCore({ projects, data: join(projects, '../data') });
    await reopened.core.openProject('tiny', 'd');
    expect(await reopened.core.source()).toMatchObject({ choices, own: false });
    const again = { ...choices, inputs: [{ ...choices.inputs[0], shape: [1, 3, 4, 4], type: null }] };
    expect((await reopened.core.importSource(again, 'e')).inputs[0].shape).toEqual([1, 3, 4, 4]);
  });

  it('says which choice does not fit, in its place', async () => {
    const { core } = testCore();
    await refusal(core.importModel(onnx(open), 'a'));
    const input = { name: 'image', shape: [1, 3, 8], type: null };
    const wrongRank = await refusal(core.importSource({ inputs: [input], outputs: ['y'], settings }, 'b'));
    expect(wrongRank.details?.choices).toEqual([
      { option: 'sizes', name: 'image', message: '3 dimensions, but the model needs 4' },
    ]);
    const wrongName = await refusal(core.importSource({ inputs: [], outputs: ['yy'], settings }, 'c'));
    expect(wrongName.details?.choices).toEqual([
      {
        option: 'outputs',
        name: 'yy',
        message: 'the model has no tensor or node "yy". Nearest names: "y", "image", "first".',
      },
    ]);
    const whole = { ...input, shape: [1, 3, 8, 8], type: 'text' };
    const wrongType = await refusal(core.importSource({ inputs: [whole], outputs: ['y'], settings }, 'd'));
    expect(wrongType.details?.choices?.[0]).toMatchObject({ option: 'types', name: 'image' });
  });
});

describe('a model with operators nobody has', () => {
  it('names every node, shows its graph, and can be cut in front of them', async () => {
    const { core } = testCore();
    const { details } = await refusal(core.importModel(onnx(odd), 'a'));
    expect(details?.nodes).toEqual([
      { node: 'foo', tensor: 'b', op: 'my:Foo', reason: undefined },
      { node: 'foo2', tensor: 'c', op: 'my:Foo', reason: undefined },
    ]);
    const graph = await core.sourceGraph();
    expect(graph.nodes.map(({ key, op, role }) => `${key} ${op} ${role}`)).toEqual([
      'x input input',
      'a Relu layer',
      'b my:Foo layer',
      'c my:Foo layer',
      'y Sigmoid layer',
      'z Tanh layer',
      '→ y output output',
      '→ z output output',
    ]);
    expect(graph.edges).toContainEqual({ from: 2, to: 3, port: 0, input: 0 });
    const source = await core.source();
    if (!source) throw new Error('no source');
    const front = await core.cutSource(source.choices, ['b', 'c'], 'end-before');
    expect(front.outputs).toEqual(['z', 'a']);
    const summary = await core.importSource(front, 'b');
    expect(summary.outputs.map(({ name }) => name)).toEqual([
      'attach_Tanh_other/out0',
      'attach_Relu_first/out0',
    ]);
  });

  it('can begin behind them', async () => {
    const { core } = testCore();
    await refusal(core.importModel(onnx(odd), 'a'));
    const source = await core.source();
    const behind = await core.cutSource(
      { inputs: source?.choices.inputs ?? [], outputs: ['y'], settings },
      ['c'],
      'begin-after',
    );
    expect(behind).toEqual({ inputs: [{ name: 'c', shape: [1, 4], type: null }], outputs: ['y'], settings });
    expect((await core.importSource(behind, 'b')).inputs.map(({ name }) => name)).toEqual(['c']);
    const nothing = refusal(core.cutSource({ inputs: [], outputs: ['z'], settings }, ['c'], 'end-before'));
    expect((await nothing).message).toContain('not part of what is imported');
  });

  it('is forgotten when it is given up', async () => {
    const { core } = testCore();
    await refusal(core.importModel(onnx(odd), 'a'));
    await core.dropSource();
    expect(await core.source()).toBeNull();
  });
});

describe('a model of several files', () => {
  /** ONNX with its weights in a file of their own. */
  const external = (): Uint8Array => {
    const model = onnxModelType.decode(encodeTiny(base)) as unknown as {
      graph: {
        initializer: { name: string; rawData: Uint8Array; dataLocation: number; externalData: unknown }[];
      };
    };
    const [weights] = model.graph.initializer;
    writeFileSync(join(temporary(), 'w.bin'), weights.rawData);
    bytes = Uint8Array.from(weights.rawData);
    weights.rawData = new Uint8Array();
    weights.dataLocation = 1;
    weights.externalData = [{ key: 'location', value: 'parts/w.bin' }];
    return onnxModelType.encode(model).finish();
  };
  let bytes = new Uint8Array();

  const temporary = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'nibble-source-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  };

  it('asks for external data by name and keeps it for the next import', async () => {
    const { core, projects } = testCore();
    const main = { name: 'big.onnx', bytes: external() };
    const error = await refusal(core.importModel({ files: [main] }, 'a'));
    expect(error.details?.files).toEqual(['parts/w.bin']);
    expect((await core.source())?.missing).toEqual([{ name: 'parts/w.bin', optional: false }]);
    const summary = await core.importModel({ files: [{ name: 'w.bin', bytes }] }, 'b');
    expect(summary.parameters).toBe(4 * 3 * 9 + 4);
    expect(readdirSync(join(projects, 'big/source')).sort()).toEqual(['big.onnx', 'w.bin']);
    expect((await core.importSource(null, 'c')).layers).toBe(summary.layers);
  });

  it('finds external data beside the model on the desktop, but nothing that leads elsewhere', async () => {
    const folder = temporary();
    const { core } = testCore({ paths: true });
    const path = join(folder, 'big.onnx');
    writeFileSync(path, external());
    mkdirSync(join(folder, 'parts'));
    symlinkSync('/etc/hostname', join(folder, 'parts/w.bin'));
    const error = await refusal(core.importModel({ paths: [path] }, 'a'));
    expect(error.details?.files).toEqual(['parts/w.bin']);
    rmSync(join(folder, 'parts/w.bin'));
    writeFileSync(join(folder, 'parts/w.bin'), bytes);
    expect((await core.importModel({ paths: [path] }, 'b')).parameters).toBe(112);
    expect((await core.importSource(null, 'c')).parameters).toBe(112);
  });

  it('asks for what a model can be imported without, and takes options of its framework', async () => {
    const { core } = testCore();
    const net = `name: "net" input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8
      layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
        convolution_param { num_output: 4 kernel_size: 3 } }`;
    const error = await refusal(core.importModel({ files: [textFile('net.prototxt', net)] }, 'a'));
    expect(error.details?.files).toEqual(['.caffemodel']);
    const source = await core.source();
    expect(source).toMatchObject({
      format: 'Caffe',
      missing: [{ name: '.caffemodel', optional: true }],
      settings: [{ key: 'proto', choices: ['caffe', 'lstm_caffe'] }],
      inputs: [{ name: 'data', shape: [1, 3, 8, 8] }],
    });
    const choices = source?.choices ?? { inputs: [], outputs: [], settings };
    const wrong = core.importSource({ ...choices, settings: { proto: 'x' } }, 'b');
    expect((await refusal(wrong)).message).toBe('Dialect is "x", not one of caffe, lstm_caffe');
    const summary = await core.importSource({ ...choices, settings: { proto: 'lstm_caffe' } }, 'c');
    expect(summary.parameters).toBe(4 * 3 * 9 + 4);
    expect((await core.source())?.choices.settings).toEqual({ proto: 'lstm_caffe' });
    expect((await core.modelNotes()).map(({ text }) => text)).toEqual([
      expect.stringContaining('No weights were given'),
    ]);
    // What comes later belongs to the open project: it is imported again with it.
    const broken = refusal(core.importModel({ files: [textFile('net.caffemodel', 'no model')] }, 'd'));
    expect((await broken).code).toBe('file-malformed');
    expect((await core.source())?.files.map(({ name }) => name)).toEqual(['net.prototxt']);
    const other = refusal(core.importModel({ files: [textFile('notes.txt', 'no model')] }, 'e'));
    expect((await other).code).toBe('file-unreadable');
  });

  /** Stands in for an importer of pairs: the .cfg is a network, the .weights only have to be there. */
  const pairs: ModelReader = {
    format: FRAMEWORK_FILES.darknet,
    read: async ({ main, others }) => {
      const network = parseNetwork(decodeText(main.bytes), { file: main.name });
      const shapes = knownSymbolicShapes(network);
      const notes = others.map(({ name }) => `with ${name}`);
      return { network, shapes, format: 'Darknet', file: main.name, notes };
    },
    graph: async (_model: ModelFiles) => ({
      nodes: [],
      inputs: [],
      outputs: [],
      infos: new Map(),
      initializers: new Map(),
      onnxTypes: new Map(),
      opset: 0,
    }),
  };
  const cfg = (name: string) => textFile(`${name}.cfg`, chainNetwork(1));
  const weights = (name: string) => textFile(`${name}.weights`, name);

  it.each([['cfg'], ['weights']])(
    'waits for the other one of a pair when the .%s came first',
    async (first) => {
      const { core, projects } = testCore({ readers: [pairs] });
      const both = [cfg('a'), weights('a')];
      const [one, other] = first === 'cfg' ? both : both.reverse();
      await refusal(core.importModel({ files: [one] }, 'x'));
      expect(await core.source()).toMatchObject({ pending: true, file: one.name });
      expect((await core.importModel({ files: [other] }, 'y')).layers).toBe(3);
      expect(readdirSync(join(projects, 'a/source')).sort()).toEqual(['a.cfg', 'a.weights']);
      expect(await core.modelNotes()).toEqual([{ kind: 'Import', layer: null, text: 'with a.weights' }]);
    },
  );

  it('takes what was missing into the open project', async () => {
    const optional: ModelReader = { ...pairs, format: FRAMEWORK_FILES.caffe };
    const { core, projects } = testCore({ readers: [optional] });
    await refusal(core.importModel({ files: [textFile('a.prototxt', chainNetwork(1))] }, 'x'));
    await core.importSource(null, 'y');
    expect(await core.modelNotes()).toEqual([]);
    await core.importModel({ files: [textFile('a.caffemodel', '')] }, 'z');
    expect((await core.modelNotes()).map(({ text }) => text)).toEqual(['with a.caffemodel']);
    expect(readdirSync(projects)).toEqual(['a']);
  });

  it('takes the pair by its name when more was dropped', async () => {
    const { core } = testCore({ readers: [pairs] });
    await core.importModel({ files: [cfg('a'), weights('c'), cfg('b'), weights('b')] }, 'x');
    expect((await core.source())?.files.map(({ name }) => name)).toEqual(['b.cfg', 'b.weights']);
  });

  it('finds the other one beside it on the desktop, and never writes over weights of the model', async () => {
    const folder = temporary();
    const { core, projects } = testCore({ readers: [pairs], paths: true });
    for (const { name, bytes: content } of [cfg('a'), weights('a'), weights('b')]) {
      writeFileSync(join(folder, name), content);
    }
    await core.importModel({ paths: [join(folder, 'a.cfg')] }, 'x');
    expect((await core.source())?.files.map(({ name }) => name)).toEqual(['a.cfg', 'a.weights']);
    expect(existsSync(join(folder, 'a.json'))).toBe(true);
    const inner = join(folder, 'inner');
    mkdirSync(inner);
    for (const one of ['m.cfg', 'm.weights']) writeFileSync(join(inner, one), chainNetwork(1));
    writeFileSync(join(inner, 'm.data'), 'weights of the model');
    await core.importModel({ paths: [join(inner, 'm.cfg')] }, 'y');
    expect(readFileSync(join(inner, 'm.data'), 'utf8')).toBe('weights of the model');
    expect(existsSync(join(projects, 'm/m.json'))).toBe(true);
  });
});
