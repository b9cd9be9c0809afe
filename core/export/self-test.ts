import type { DeviceGraph } from '../device/graph.ts';
import { commentText, floatLiteral, stringLiteral } from './c-text.ts';
import { renderTemplate, type TemplateValues } from './template.ts';

/** What a network gave on the PC for one sample. */
export interface GoldenSample {
  /** Per graph input and output, as the device stores it. */
  inputs: Uint8Array[];
  outputs: Uint8Array[];
}

/** Some values of each node's outputs for the first golden sample. */
export interface GoldenLayer {
  /** Index of the node. */
  node: number;
  /** Index of its output. */
  output: number;
  /** Elements of that output. */
  count: number;
  /** {@link LAYER_VALUES} real values, spread evenly over the elements in device order. */
  values: Float32Array;
  /** Difference that other hardware may show: a real number. */
  tolerance: number;
}

/** All that a case's self test is made of. */
export interface Golden {
  samples: GoldenSample[];
  /** Per output, how far a value may be off. */
  tolerances: number[];
  layers: GoldenLayer[];
}

/** Values kept of each layer. */
export const LAYER_VALUES = 32;

/** Folder of the golden files inside the case. */
export const SELF_TEST_FOLDER = 'self_test';

/** Code and data of the self test, by file name. */
export function selfTestFiles(
  graph: DeviceGraph,
  golden: Golden,
  common: TemplateValues,
): Map<string, string | Uint8Array> {
  const files = new Map<string, string | Uint8Array>([
    ['vnn_self_test.h', renderTemplate('vnn_self_test.h', common)],
    ['vnn_self_test.c', renderTemplate('vnn_self_test.c', common)],
    ['vnn_self_test_data.h', dataHeader(graph, golden)],
  ]);
  golden.samples.forEach(({ inputs, outputs }, index) => {
    inputs.forEach((data, port) => files.set(`${SELF_TEST_FOLDER}/golden${index}_input${port}.dat`, data));
    outputs.forEach((data, port) => files.set(`${SELF_TEST_FOLDER}/golden${index}_output${port}.dat`, data));
  });
  return files.set(`${SELF_TEST_FOLDER}/layers.dat`, layerValues(golden.layers));
}

/** Tables that vnn_self_test.c reads: what the golden files hold. */
function dataHeader(graph: DeviceGraph, { samples, tolerances, layers }: Golden): string {
  const name = (id: number): string => stringLiteral(commentText(graph.tensors[id].name));
  const [first] = samples;
  const inputs = graph.inputs.map((id, port) => `{ ${name(id)}, ${first.inputs[port].length}u, 0.0f }`);
  const outputs = graph.outputs.map(
    (id, port) => `{ ${name(id)}, ${first.outputs[port].length}u, ${real(tolerances[port])} }`,
  );
  const rows = layers.map(({ node, output, count, tolerance }) => {
    const { uid, layer } = graph.nodes[node];
    return `{ ${uid}u, ${output}u, ${count}u, ${real(tolerance)}, ${stringLiteral(commentText(layer))} }`;
  });
  return [
    '/* What the golden files hold; made by the export. */',
    `#define GOLDEN_NUM ${samples.length}`,
    `#define GOLDEN_INPUT_NUM ${inputs.length}`,
    `#define GOLDEN_OUTPUT_NUM ${outputs.length}`,
    `#define GOLDEN_LAYER_NUM ${rows.length}`,
    `#define GOLDEN_LAYER_VALUES ${LAYER_VALUES}`,
    '',
    ...table('golden_port_t golden_input', inputs),
    '',
    ...table('golden_port_t golden_output', outputs),
    '',
    ...table('golden_layer_t golden_layer', rows.length === 0 ? ['{ 0u, 0u, 0u, 0.0f, "" }'] : rows),
    '',
  ].join('\n');
}

const real = (value: number): string => `${floatLiteral(value)}f`;

const table = (declaration: string, rows: readonly string[]): string[] => [
  `static const ${declaration}[] = {`,
  ...rows.map((row) => `    ${row},`),
  '};',
];

/** All kept values, layer after layer, little-endian float32. */
function layerValues(layers: readonly GoldenLayer[]): Uint8Array {
  const values = new Float32Array(layers.length * LAYER_VALUES);
  layers.forEach((layer, index) => values.set(layer.values, index * LAYER_VALUES));
  return new Uint8Array(values.buffer);
}

/** What main.c gets for a self test; nothing without one. */
export function selfTestSections(common: TemplateValues, golden: Golden | undefined): TemplateValues {
  if (!golden) return { selfTestInclude: [], selfTestFunction: [], selfTestUsage: [], selfTestCall: [] };
  return {
    selfTestInclude: ['#include "vnn_self_test.h"'],
    selfTestFunction: renderTemplate('main.self_test.c', common).trimEnd().split('\n'),
    selfTestUsage: ['printf("       %s data_file --self-test [folder]\\n", argv[0]);'],
    selfTestCall: [
      'if (strcmp(argv[2], "--self-test") == 0)',
      '{',
      `    return self_test(argv[1], argc > 3 ? argv[3] : "${SELF_TEST_FOLDER}");`,
      '}',
    ],
  };
}
