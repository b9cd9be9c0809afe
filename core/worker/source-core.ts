import type { OnnxGraph } from '../importers/onnx/graph.ts';
import { INPUT_TYPES } from '../importers/onnx/inputs.ts';
import { StudioError } from '../network/errors.ts';
import type { WireError } from './contract.ts';
import type {
  CutSide,
  ImportChoices,
  MissingFile,
  ModelApi,
  SourceGraphView,
  SourceView,
} from './contract-model.ts';
import { missingFiles, type ModelFiles } from './import-model.ts';
import { modelNotes } from './model-notes.ts';
import type { OpenedProject, ProjectOpener } from './open-project.ts';
import { readSettings } from './project-settings.ts';
import { cutChoices, ownChoices, sourceTensor } from './source-choices.ts';
import { sourceGraphView } from './source-graph.ts';
import { checkCutSide, checkImportChoices, checkNodeKeys } from './validate-model.ts';
import { toWireError } from './wire-error.ts';

/** A model with what is to be imported of it. */
interface Held {
  /** Undefined while the file to start from is missing. */
  model: ModelFiles | undefined;
  files: { name: string; bytes: number }[];
  choices: ImportChoices | null;
  problem: WireError | null;
}

const sizes = (files: readonly { name: string; bytes: Uint8Array }[]): Held['files'] =>
  files.map(({ name, bytes }) => ({ name, bytes: bytes.byteLength }));

/** The models behind the network: the one that was refused, else that of the open project. */
export class SourceCore implements Omit<ModelApi, 'importSource'> {
  /** Graphs are read once per set of files. */
  private readonly graphs = new WeakMap<ModelFiles, Promise<OnnxGraph>>();

  constructor(
    private readonly opener: ProjectOpener,
    private readonly opened: () => OpenedProject | undefined,
  ) {}

  async source(): Promise<SourceView | null> {
    const held = await this.held();
    if (!held) return null;
    const { model, files, choices } = held;
    const missing = missingOf(held);
    const view = {
      pending: this.opener.refused !== undefined,
      file: model?.main.name ?? files[0]?.name ?? '',
      format: model?.reader.format.title ?? '',
      files,
      missing,
      companions: [...(model?.reader.format.companions ?? [])],
      types: [...INPUT_TYPES],
      own: choices === null,
    };
    try {
      const graph = await this.graphOf(held);
      const { inputs, outputs, nodes } = graph;
      return {
        ...view,
        inputs: inputs.map(sourceTensor),
        outputs: outputs.map(sourceTensor),
        choices: choices ?? ownChoices(graph),
        problem: held.problem,
        nodes: nodes.length,
      };
    } catch (error) {
      const problem = held.problem ?? toWireError(error);
      const nothing = { inputs: [], outputs: [], choices: choices ?? { inputs: [], outputs: [] } };
      return { ...view, ...nothing, problem, nodes: 0 };
    }
  }

  async sourceGraph(): Promise<SourceGraphView> {
    return sourceGraphView(await this.graphOf(await this.held()));
  }

  async cutSource(choices: ImportChoices, nodes: string[], side: CutSide): Promise<ImportChoices> {
    const graph = await this.graphOf(await this.held());
    return cutChoices(graph, checkImportChoices(choices), checkNodeKeys(nodes), checkCutSide(side));
  }

  async dropSource(): Promise<void> {
    this.opener.refused = undefined;
  }

  async modelNotes() {
    const opened = this.opened();
    return opened ? modelNotes(opened.project) : [];
  }

  private async held(): Promise<Held | undefined> {
    const { refused, sources } = this.opener;
    if (refused) {
      const { given, model, choices, problem } = refused;
      const files = model ? [model.main, ...model.others] : given.files;
      return { model, files: sizes(files), choices, problem };
    }
    const project = this.opened()?.project;
    const model = project && (await sources.find(project.files));
    if (!project || !model) return undefined;
    const { source } = await readSettings(project.files);
    return {
      model,
      files: sizes([model.main, ...model.others]),
      choices: source?.choices ?? null,
      problem: null,
    };
  }

  private graphOf(held: Held | undefined): Promise<OnnxGraph> {
    const model = held?.model;
    if (!model?.reader.graph) {
      throw new StudioError('usage', 'there is no model to look into', {}, 'Open a model first.');
    }
    let graph = this.graphs.get(model);
    if (!graph) {
      graph = model.reader.graph(model);
      this.graphs.set(model, graph);
    }
    return graph;
  }
}

/** What its kind asks for, and what it names itself. */
function missingOf({ model, problem }: Held): MissingFile[] {
  const asked = model ? missingFiles(model) : [];
  const named = problem?.details?.files ?? [];
  const known = new Set(asked.map(({ name }) => name));
  return [...asked, ...named.filter((name) => !known.has(name)).map((name) => ({ name, optional: false }))];
}
