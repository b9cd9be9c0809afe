import { StudioError } from '../network/errors.ts';
import type { CutSide, ImportChoices, SettingView, SourceGraphView, SourceTensor } from './contract-model.ts';
import type { ModelFiles } from './import-model.ts';
import { cutChoices, ownChoices, sourceTensor } from './source-choices.ts';
import { sourceGraphView } from './source-graph.ts';

/** All that is shown of a model before its conversion. */
export interface SourceFacts {
  /** As the model declares them. */
  inputs: SourceTensor[];
  outputs: SourceTensor[];
  /** What is suggested. */
  choices: ImportChoices;
  settings: SettingView[];
  /** Nodes of the model itself. */
  nodes: number;
  graph: SourceGraphView;
}

/** Decodes a model without converting it. @throws StudioError naming the problem */
export async function lookInto(model: ModelFiles): Promise<SourceFacts> {
  const graph = await graphOf(model);
  const settings = (model.reader.settings ?? []).map(({ key, label, help, choices }) => ({
    key,
    label,
    help,
    choices,
  }));
  return {
    inputs: graph.inputs.map(sourceTensor),
    outputs: graph.outputs.map(sourceTensor),
    choices: ownChoices(graph),
    settings,
    nodes: graph.nodes.length,
    graph: sourceGraphView(graph),
  };
}

/** A cut at nodes of a model, see {@link cutChoices}. */
export async function cutModel(
  model: ModelFiles,
  choices: ImportChoices,
  nodes: readonly string[],
  side: CutSide,
): Promise<ImportChoices> {
  return cutChoices(await graphOf(model), choices, nodes, side);
}

function graphOf(model: ModelFiles): ReturnType<NonNullable<ModelFiles['reader']['graph']>> {
  const { reader } = model;
  if (reader.graph) return reader.graph(model);
  throw new StudioError('usage', 'there is no model to look into', {}, 'Open a model first.');
}
