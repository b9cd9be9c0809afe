/** Writes docs/ops.md from the code; with `--check` it only compares and fails when the file is stale. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npuUnit } from '../core/device/units.ts';
import { OVXLIB_VERSION } from '../core/device/vocabulary.ts';
import { packageRoot } from '../core/files/package-root.ts';
import { becomes as caffeLayers } from '../core/importers/caffe/becomes.ts';
import { DATA_LAYERS } from '../core/importers/caffe/data-layers.ts';
import { REFUSED as caffeRefused } from '../core/importers/caffe/ops/index.ts';
import { DECODERS, INFERENCE_FORMS, LEFT_OUT } from '../core/importers/caffe/training.ts';
import { becomes as kerasBecomes } from '../core/importers/keras/becomes.ts';
import { layerKinds, HELPER_KINDS } from '../core/importers/keras/family.ts';
import { operations } from '../core/importers/keras/operations/index.ts';
import { becomes as darknetBecomes, PASSED } from '../core/importers/darknet/becomes.ts';
import { operators } from '../core/importers/onnx/ops/index.ts';
import { produces } from '../core/importers/onnx/produces.ts';
import { becomes as pytorch } from '../core/importers/pytorch/becomes.ts';
import { becomes } from '../core/importers/tflite/becomes.ts';
import { REFUSED } from '../core/importers/tflite/ops/refused.ts';
import { becomes as tensorflowBecomes } from '../core/importers/tensorflow/becomes.ts';
import { deviceOpsOf } from '../core/ops/device-ops.ts';
import { opSpecs } from '../core/ops/registry.ts';
import type { OpSpec } from '../core/ops/spec.ts';

const code = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');

const row = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
}

/** What an ONNX operator becomes: layers, other operators, or a constant. */
function onnxTarget(name: string): string {
  const made = Object.hasOwn(produces, name) ? produces[name] : [];
  if (made.length > 0) return code(made);
  return operators.get(name)?.convert
    ? 'a composition of other operators, or an axis order'
    : 'computed while importing';
}

/** What an operator of another framework becomes: ONNX's operators it is written with, and layers of its own. */
function frameworkRows(domain: string, parts: Readonly<Record<string, readonly string[]>>): string[][] {
  const sorted = Object.entries(parts).sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([name, operatorsOfOnnx]) => {
    const label = `${domain}:${name}`;
    const made = Object.hasOwn(produces, label) ? produces[label] : [];
    const layers = made.length > 0 ? `the layer ${code(made)}` : '';
    const written = [code(operatorsOfOnnx), layers].filter((part) => part !== '').join('; ');
    return [`\`${name}\``, written === '' ? 'a name of a tensor, or known numbers' : written];
  });
}

/** Layers and operations of Keras and the operators of ONNX that they are written with. */
function kerasRows(): string[][] {
  const names = [
    ...Object.keys(layerKinds).filter((type) => !HELPER_KINDS.includes(type)),
    ...Object.keys(operations).map((name) => `ops.${name}`),
  ];
  return names.sort().map((name) => {
    const parts = Object.hasOwn(kerasBecomes, name) ? kerasBecomes[name] : [];
    return [`\`${name}\``, parts.length > 0 ? code(parts) : 'the same tensor'];
  });
}
/** Sections of Darknet, those without a layer included. */
function darknetRows(): string[][] {
  const made = Object.entries(darknetBecomes).map(([section, parts]) => [
    section,
    parts.length > 0 ? code(parts) : 'a constant',
  ]);
  return [...made, ...Object.entries(PASSED)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([section, text]) => [`\`${section}\``, text]);
}

function deviceOps({ op }: OpSpec): readonly string[] {
  return Object.hasOwn(deviceOpsOf, op) ? deviceOpsOf[op] : [];
}

/** Data types the simulator computes exactly as documented, and the ones that go through float. */
function dataTypes(spec: OpSpec): string {
  const range = typeof spec.range === 'function' ? 'own' : spec.range;
  if (range === 'none') return 'int32, bool8';
  return range === 'float' ? 'float32, float16' : 'float32, float16, uint8';
}

function units(ops: readonly string[]): string {
  return [...new Set(ops.map(npuUnit))].join(', ');
}

function document(): string {
  const onnx = [...operators.keys()].sort().map((name) => [`\`${name}\``, onnxTarget(name)]);
  const acuity = [...opSpecs]
    .sort((a, b) => (a.op < b.op ? -1 : 1))
    .map((spec) => {
      const ops = deviceOps(spec);
      return [
        `\`${spec.op}\``,
        spec.summary,
        ops.length > 0 ? code(ops) : 'no node of its own',
        dataTypes(spec),
        units(ops),
      ];
    });
  return `# Operators

This file is made from the code by \`npm run docs\`; \`npm test\` fails when it is stale.

## ONNX → ACUITY

${onnx.length} operators of ai.onnx (operator sets 1 to 22) and neighbours. Operators that are missing, or forms of these that
can't be expressed, are reported all at once when a model is imported.

int64 and uint32 tensors are carried as int32; a value that does not fit is refused where it is converted. A
NonMaxSuppression at the end of a network has a result of fixed size, [pictures * classes * boxes per class, 3]: every
picture and class has a block of rows, and those behind its kept boxes are -1. One whose result other operators read is
refused, with the \`--outputs\` to cut at.

${table(['ONNX', 'becomes'], onnx)}

## Caffe → ONNX

Layers of BVLC's Caffe and of forks in wide use, written with operators of ONNX, which become layers as above. Nets of all
three generations of the format are read as Caffe upgrades them, for the phase TEST.

Blobs of ${code(Object.keys(DATA_LAYERS))} are inputs. ${Object.entries(INFERENCE_FORMS)
    .map(([loss, form]) => `\`${loss}\` is its \`${form}\``)
    .join(', ')}. ${code([...LEFT_OUT])} are left out, \`Silence\` has
no meaning here, and a network ends in front of ${code([...DECODERS])}. Refused with a reason: ${code(Object.keys(caffeRefused))}.

${table(['Caffe', 'is written with'], frameworkRows('caffe', caffeLayers))}

## Keras → ONNX

Layers of Keras 2 and 3 by class, written with operators of ONNX, which become layers as above; activations that are
arguments become layers of their own. \`ops.NAME\` is an operation in a functional graph: of Keras 3, or TensorFlow's
function of that meaning. Convolutions and poolings are transposed to ONNX's order of axes and back, which only renames
axes. Lambda layers and classes of the model's own are refused: code in a file is never run.

${table(['Keras', 'is written as'], kerasRows())}

## TensorFlow → ONNX

${Object.keys(tensorflowBecomes).length - 4} operators of frozen graphs and SavedModels (TensorFlow 1.4 to 2.x), written with those of the table above, and
four names that the importer gives to groups of nodes: \`DilatedConv\` and \`DilatedDepthwise\` for convolutions between
SpaceToBatchND and BatchToSpaceND, \`LoopFrame\` and \`BranchMerge\` for loops and branches of TensorFlow 1. Loops are written
out; what a loop does is in the rows of its operators. Results of data-given size (NonMaxSuppression, Unique, Where of
computed values) and decoders of files are refused, with the points to cut at.

${table(['TensorFlow', 'becomes'], frameworkRows('tf', tensorflowBecomes))}

## TensorFlow Lite → ONNX

The operators of the schema in TensorFlow 2.21, StableHLO's among them, and custom ones of MediaPipe and of SSD detectors.
Each is written with operators of the table above, which become the layers; a transpose only renames axes.
Integer tensors with a scale are reals with an entry in the table of the network; weights of 4 bits, half floats and sparse
ones are unpacked. State between runs (variables, the state of recurrent layers) starts anew in every run.

${table(['TensorFlow Lite', 'is composed of'], frameworkRows('tflite', becomes))}

Not imported: ${Object.entries(REFUSED)
    .map(([name, reason]) => `\`${name}\` (${reason})`)
    .join(', ')}; \`WHERE\` and \`UNIQUE\`, whose results have no fixed size.

## Darknet → ONNX

Sections of Darknet and of AlexeyAB's fork, and the operators above that they are written with, those of their activations
included. \`maxpool_depth\`, \`reorg_extra\`, \`reorg_flatten\` and \`route_lists\` are forms of \`maxpool\`, \`reorg\` and \`route\`.
Batch norm divides by sqrt(variance) + 1e-6, as Darknet does (the fork: sqrt(variance + 1e-5)). \`xnor\`, \`binary\`,
\`antialiasing\`, \`assisted_excitation\` and the softmax \`tree\` are refused.

${table(['Darknet', 'becomes'], darknetRows())}

## PyTorch → ONNX

${Object.keys(pytorch).length} operators of TorchScript, written with those of the first table; operators in place are the same with an
underscore behind their name. \`views\` write what changed in a view back to the tensor behind it. Modules, functions, loops
and branches of the program are followed while importing. Random operators, \`torchvision::nms\` (its result has no fixed
size) and \`torchvision::roi_pool\` are refused.

${table(['PyTorch', 'is written with'], frameworkRows('pytorch', pytorch))}

## ACUITY → ovxlib ${OVXLIB_VERSION}

The unit is where an 8-bit operator usually runs: NN = convolution engine, TP = tensor processor, PPU = shader core. Float
layers always run on the PPU. Integer tensors (indices, comparisons) are int32 and bool8.

${table(['ACUITY', 'computes', 'ovxlib', 'data types', 'unit'], acuity)}
`;
}

const path = join(packageRoot(), 'docs/ops.md');
const wanted = document();
if (!process.argv.includes('--check')) {
  writeFileSync(path, wanted);
} else if (readFileSync(path, 'utf8') !== wanted) {
  console.error('docs/ops.md is stale: run "npm run docs" and commit the result.');
  process.exitCode = 1;
}
