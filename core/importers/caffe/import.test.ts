import { describe, expect, test } from 'vitest';
import { fixtureCases } from '../../conformance/fixtures.ts';
import { StudioError } from '../../network/errors.ts';
import type { Network } from '../../network/network.ts';
import type { ModelFile } from '../options.ts';
import { importerOf } from '../registry.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const cases = await fixtureCases('caffe');

async function imported(net: string, companions: readonly ModelFile[] = []): Promise<Network> {
  return importerOf('caffe').import(encode(net), { name: 'net.prototxt', companions });
}

/** What is wrong with a net, as people read it. */
async function problem(net: string, companions: readonly ModelFile[] = []): Promise<string> {
  try {
    await imported(net, companions);
    return 'none';
  } catch (error) {
    if (error instanceof StudioError) return error.toString();
    throw error;
  }
}

/** The .caffemodel of a fixture. */
function weightsOf(name: string): ModelFile {
  const file = cases.find((one) => one.name === name)?.files[1];
  if (!file) throw new Error(`there is no case ${name}`);
  return file;
}

const ops = (network: Network): string[] => [...network.layers.values()].map(({ op }) => op);
const input = 'input: "data" input_shape { dim: 1 dim: 3 dim: 8 dim: 8 }\n';
const relu = (name: string, bottom: string, top: string): string =>
  `layer { name: "${name}" type: "ReLU" bottom: "${bottom}" top: "${top}" }\n`;

describe('names and numbers, as in files of ACUITY', () => {
  test('layers are called as in the net and numbered as they are computed', async () => {
    const net = `${input}layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
      convolution_param { num_output: 4 kernel_size: 3 } }
      ${relu('relu1', 'conv1', 'conv1')}layer { name: "prob" type: "Softmax" bottom: "conv1" top: "p" }`;
    const network = await imported(net);
    expect([...network.layers.keys()].slice(0, 5)).toEqual([
      'data_0',
      'conv1_1',
      'relu1_2',
      'prob_3',
      'output_4',
    ]);
    expect(network.meta).toMatchObject({ name: 'net', platform: 'tensorflow', orgPlatform: 'caffe' });
    expect(network.inputs[0].ints('shape')).toEqual([1, 3, 8, 8]);
  });

  test('outputs are the blobs nobody reads, by name; Silence hides one', async () => {
    const net = `${input}${relu('z', 'data', 'b')}layer { name: "y" type: "TanH" bottom: "data" top: "a" }
      ${relu('x', 'data', 'c')}
      layer { name: "s" type: "Silence" bottom: "c" }`;
    const network = await imported(net);
    const producers = network.outputs.map(({ inputs }) => network.layer(inputs[0].layer).name);
    expect(producers).toEqual(['y', 'z']);
  });

  test('batch norm and scale become part of the convolution', async () => {
    const file = cases.find(({ name }) => name === 'net-in-place');
    const network = await imported(new TextDecoder().decode(file?.files[0].bytes), [
      weightsOf('net-in-place'),
    ]);
    expect(ops(network).filter((op) => !['permute', 'input', 'output'].includes(op))).toEqual([
      'convolution',
      'relu',
      'add',
    ]);
  });
});

describe('inputs', () => {
  test('a batch of pictures becomes 1, and the notes say so', async () => {
    const net = `input: "data" input_dim: 10 input_dim: 3 input_dim: 4 input_dim: 4 ${relu('r', 'data', 'r')}`;
    const network = await imported(net, [weightsOf('net-v1')]);
    expect(network.inputs[0].ints('shape')).toEqual([1, 3, 4, 4]);
    expect(network.notes).toEqual(['The batch of input "data" is 1 in the network, not 10.']);
  });

  test.each([
    ['MemoryData', 'memory_data_param { batch_size: 4 channels: 2 height: 5 width: 6 }', [1, 2, 5, 6]],
    ['ImageData', 'image_data_param { new_height: 5 new_width: 6 is_color: false }', [1, 1, 5, 6]],
    [
      'ImageData',
      'transform_param { crop_size: 7 } image_data_param { new_height: 9 new_width: 9 }',
      [1, 3, 7, 7],
    ],
    ['Data', 'transform_param { crop_size: 7 } data_param { batch_size: 8 }', [1, 3, 7, 7]],
    ['Data', 'data_param { crop_size: 6 }', [1, 3, 6, 6]],
    ['DummyData', 'dummy_data_param { num: 2 channels: 3 height: 4 width: 5 }', [1, 3, 4, 5]],
    ['Input', 'input_param { shape { dim: 2 dim: 3 } }', [2, 3]],
  ])('%s %s', async (type, parameters, shape) => {
    const data = `layer { name: "d" type: "${type}" top: "data" top: "label" ${parameters} }`;
    const network = await imported(`${data}${relu('r', 'data', 'r')}`);
    expect(network.inputs.map((layer) => layer.ints('shape'))).toEqual([shape]);
  });

  test('a shape that the net does not say', async () => {
    const data = 'layer { name: "d" type: "Data" top: "data" top: "label" data_param { source: "x" } }';
    expect(await problem(data + relu('r', 'data', 'r'))).toMatch(
      /does not say the shape of the input "data"\. Write it as: input: "data" input_shape/,
    );
    expect(await problem(`input: "data" input_dim: 1 input_dim: 3 ${relu('r', 'data', 'r')}`)).toMatch(
      /2 input_dim for 1 inputs, each needs 4/,
    );
    expect(await problem(`input: "data" input_shape { dim: 0 dim: 3 } ${relu('r', 'data', 'r')}`)).toMatch(
      /can not have the shape \[0,3\]/,
    );
  });
});

describe('what is left to the user', () => {
  test('a network ends in front of DetectionOutput; priors are known numbers', async () => {
    const net = `${input}${relu('loc', 'data', 'loc')}layer { name: "conf" type: "TanH" bottom: "data" top: "conf" }
      layer { name: "priors" type: "PriorBox" bottom: "loc" bottom: "data" top: "priors" prior_box_param { min_size: 3 } }
      layer { name: "found" type: "DetectionOutput" bottom: "loc" bottom: "conf" bottom: "priors" top: "found"
              detection_output_param { num_classes: 2 } }
      layer { name: "eval" type: "DetectionEvaluate" bottom: "found" bottom: "data" top: "eval" }`;
    const network = await imported(net);
    const producers = network.outputs.map(({ inputs }) => network.layer(inputs[0].layer).op);
    expect(producers).toEqual(['tanh', 'relu', 'variable']);
    expect(network.notes[1]).toMatch(
      /ends in front of "found" \(DetectionOutput\): its outputs are loc, conf, priors/,
    );
  });

  test('so does one of YOLO', async () => {
    const net = `${input}${relu('r', 'data', 'r')}
      layer { name: "found" type: "Yolov3DetectionOutput" bottom: "r" top: "found" }`;
    const { outputs, notes } = await imported(net, [weightsOf('net-v1')]);
    expect(outputs.length).toBe(1);
    expect(notes).toEqual([expect.stringMatching(/ends in front of "found".*outputs are r/)]);
  });

  test('losses are what inference needs of them', async () => {
    const net = `${input}layer { name: "loss" type: "SigmoidCrossEntropyLoss" bottom: "data" bottom: "data" top: "loss" }
      layer { name: "e" type: "EuclideanLoss" bottom: "data" bottom: "data" top: "e" }
      ${relu('r', 'data', 'r')}layer { name: "a" type: "Accuracy" bottom: "r" bottom: "data" top: "a" }`;
    const network = await imported(net);
    expect(network.outputs.map(({ inputs }) => network.layer(inputs[0].layer).name)).toEqual(['loss', 'r']);
    expect(ops(network)).toContain('sigmoid');
  });

  test('the marks of a recurrent layer are taken as those of one sequence', async () => {
    const file = cases.find(({ name }) => name === 'LSTM-plain');
    const network = await imported(new TextDecoder().decode(file?.files[0].bytes), [weightsOf('LSTM-plain')]);
    expect(network.inputs.map(({ name }) => name)).toEqual(['data']);
    expect(network.notes).toEqual([expect.stringMatching(/"cont" .* 0 at the first step and 1 behind it/)]);
  });
});

describe('what is wrong with a net', () => {
  test('a net for training, whose data only the phase TRAIN has', async () => {
    const data = 'layer { name: "d" type: "Data" top: "data" include { phase: TRAIN } }';
    expect(await problem(data + relu('r', 'data', 'r'))).toMatch(
      /which nothing writes.*import the deploy\.prototxt/,
    );
  });

  test.each([
    ['', /it describes no layers/],
    [
      'net: "train.prototxt" base_lr: 0.1',
      /this is a solver, not a net\. Give the prototxt that its "net" names/,
    ],
    [`${input}layer { name: "a" bottom: "data" top: "a" }`, /net-invalid|it has no type/],
    [
      `${input}layers { type: RELU bottom: "data" top: "a" } layer { type: "ReLU" }`,
      /it mixes "layer" with the "layers"/,
    ],
    [
      input + relu('r', 'dat', 'r'),
      /layer "r": ReLU: it reads the blob "dat", which nothing writes before it\. Nearest names: "data"/,
    ],
    [
      `${input}layer { name: "a" type: "ReLU" bottom: "data" top: "a" include { phase: TEST } exclude { phase: TRAIN } }`,
      /only one kind is allowed/,
    ],
    [
      `${input}layer { name: "p" type: "Pooling" bottom: "data" top: "p" pooling_param { kernel_size: 9 } }`,
      /layer "p".*a window of 9 does not fit an input of 8/,
    ],
    [
      `${input}layer { name: "p" type: "Pooling" bottom: "data" top: "p" pooling_param { pool: STOCHASTIC kernel_size: 2 } }`,
      /draws by chance/,
    ],
    [
      `${input}layer { name: "p" type: "Pooling" bottom: "data" top: "p" pooling_param { kernel_size: 2 pad: 2 } }`,
      /padding 2 is not smaller than the kernel/,
    ],
    [
      `${input}layer { name: "c" type: "Convolution" bottom: "data" top: "c" convolution_param { kernel_size: 3 } }`,
      /0 outputs/,
    ],
    [
      `${input}layer { name: "s" type: "Slice" bottom: "data" top: "a" top: "b" }`,
      /3 at axis 1 does not divide into 2 equal parts/,
    ],
    [
      `${input}layer { name: "r" type: "Reshape" bottom: "data" top: "r" reshape_param { shape { dim: 5 dim: -1 } } }`,
      /\[1,3,8,8\] can not become \[5,-1\]/,
    ],
    [
      `${input}layer { name: "p" type: "Python" bottom: "data" top: "p" python_param { module: "m" layer: "L" } }`,
      /runs the Python code m\.L/,
    ],
    [
      `layers { layer { name: "p" type: "padding" pad: 1 } bottom: "data" top: "p" } layers { layer { name: "r" type: "relu" } bottom: "p" top: "r" } ${input}`,
      /which only conv and pool may/,
    ],
  ])('%s', async (net, expected) => {
    expect(await problem(net)).toMatch(expected);
  });

  test('everything that is not supported is told at once, with its layers', async () => {
    const strange = (type: string, name: string, bottom: string): string =>
      `layer { name: "${name}" type: "${type}" bottom: "${bottom}" top: "${name}" }`;
    const net =
      input + strange('Strange', 'a', 'data') + strange('Odd', 'b', 'a') + strange('Filter', 'c', 'data');
    expect(await problem(net)).toMatch(
      /caffe:Filter: how many pictures.*"c".*caffe:Strange.*"a".*caffe:Odd.*"b".*--outputs/,
    );
  });

  test('weights of another net, cut off, or none at all', async () => {
    const conv = (
      outputs: number,
    ): string => `${input}layer { name: "conv1" type: "Convolution" bottom: "data" top: "c"
      convolution_param { num_output: ${outputs} kernel_size: 3 } }`;
    const weights = weightsOf('net-v1');
    expect(await problem(conv(4), [weights])).toBe('none');
    expect(await problem(conv(5), [weights])).toMatch(
      /layer "conv1": coefficient 0 of the layer is \[4,3,3,3\] in the weights, but the net needs \[5,3,3,3\]/,
    );
    expect(await problem(conv(4).replace('conv1', 'conv2'), [weights])).toMatch(
      /layer "conv2": coefficient 0 of the layer is not in the weights\. They are found by the name.*"conv1"/,
    );
    expect(await problem(conv(4), [{ ...weights, bytes: weights.bytes.slice(0, 99) }])).toMatch(
      /a damaged one: a field is longer/,
    );
    expect(await problem(conv(4), [{ ...weights, bytes: encode('\x89HDF\r\n') }])).toMatch(
      /Caffe model|HDF5/,
    );
    expect(await problem(conv(4), [{ ...weights, bytes: new Uint8Array(0) }])).toMatch(/holds no weights/);
    expect(await problem(conv(4), [weights, { ...weights, name: 'b.caffemodel' }])).toMatch(
      /several files of weights/,
    );
  });

  test('a constant filler stands for weights that the file lacks, as in Caffe', async () => {
    const net = `${input}layer { name: "s" type: "Scale" bottom: "data" top: "s"
      scale_param { filler { type: "constant" value: 2 } } }`;
    const network = await imported(net, [weightsOf('net-v1')]);
    const [variable] = network.withOp('variable');
    const scale = variable ? network.coefficient(variable.key, 'data') : undefined;
    expect(Array.from((scale?.data ?? []) as Float32Array)).toEqual([2, 2, 2]);
  });
});
