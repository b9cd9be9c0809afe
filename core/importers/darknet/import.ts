import { StudioError } from '../../network/errors.ts';
import { makeNode } from '../onnx/compose.ts';
import type { Dimension, OnnxGraph, TensorInfo } from '../onnx/graph.ts';
import type { Translation } from '../onnx/translate.ts';
import type { ImportOptions, ModelFile } from '../options.ts';
import { parseCfg } from './cfg.ts';
import type { LayerOutput } from './layer.ts';
import { darknetFamily, layerNames } from './ops/index.ts';
import { Planner, type Plan } from './plan.ts';
import { WeightsReader } from './weights.ts';

/**
 * Reads a Darknet model: a .cfg file, and its .weights file among the companions. Networks of YOLO end at the
 * convolutions in front of their heads.
 * @throws StudioError with the line of the .cfg file, or about the .weights file
 */
export async function readDarknet(bytes: Uint8Array, options: ImportOptions): Promise<Translation> {
  const cfg = parseCfg(bytes);
  const plan = Planner.plan(cfg, new WeightsReader(weightsOf(options)));
  return {
    graph: graphOf(plan),
    framework: 'darknet',
    endings: /\.cfg$/i,
    family: darknetFamily,
    notes: plan.notes,
  };
}

/** The companion that is named, or the only .weights file, or the one that is called like the .cfg file. */
function weightsOf({ name, companions = [], weights }: ImportOptions): ModelFile {
  const named = companions.find((file) => file.name === weights);
  const found = companions.filter((file) => /\.weights$/i.test(file.name));
  const stem = name.replace(/^.*[\\/]/, '').replace(/\.cfg$/i, '');
  const alike = found.find((file) => file.name.toLowerCase() === `${stem.toLowerCase()}.weights`);
  const file = named ?? (found.length === 1 ? found[0] : alike);
  if (file) return file;
  const why = found.length > 1 ? `there are ${found.length} .weights files` : 'its weights are missing';
  throw new StudioError(
    'file-missing',
    `a Darknet model is a .cfg and a .weights file: ${why}`,
    {},
    `Add the file with the weights, such as ${stem}.weights.`,
  );
}

function graphOf(plan: Plan): OnnxGraph {
  const info = ({ tensor, extent }: LayerOutput): TensorInfo => ({
    name: tensor,
    type: 'float32',
    onnxType: 1,
    shape: shapeOf(plan, extent),
  });
  const nodes = plan.nodes.map(({ name, type, inputs, attributes }) =>
    makeNode(
      { type, domain: 'darknet', name, inputs, outputs: [name], attributes, layerName: layerNames[type] },
      0,
    ),
  );
  const all = [plan.input, ...plan.nodes.map(({ name, extent }) => ({ tensor: name, extent }))];
  return {
    nodes,
    inputs: [info(plan.input)],
    outputs: plan.outputs.map(info),
    infos: new Map(all.map((output) => [output.tensor, info(output)])),
    initializers: plan.initializers,
    onnxTypes: new Map(),
    opset: 0,
  };
}

function shapeOf({ batch }: Plan, { size, picture }: LayerOutput['extent']): Dimension[] {
  return picture ? [batch, picture.channels, picture.height, picture.width] : [batch, size];
}
