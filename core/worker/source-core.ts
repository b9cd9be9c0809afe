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
import type { SourceFacts } from './source-facts.ts';
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
      const { inputs, outputs, settings, nodes, choices: own } = await this.look(held);
      return {
        ...view,
        inputs,
        outputs,
        choices: choices ?? own,
        settings,
        problem: held.problem,
        nodes,
      };
    } catch (error) {
      const problem = held.problem ?? toWireError(error);
      const nothing = choices ?? { inputs: [], outputs: [], settings: {} };
      return { ...view, inputs: [], outputs: [], choices: nothing, settings: [], problem, nodes: 0 };
    }
  }

  async sourceGraph(): Promise<SourceGraphView> {
    return (await this.look(await this.held())).graph;
  }

  async cutSource(choices: ImportChoices, nodes: string[], side: CutSide): Promise<ImportChoices> {
    const model = needModel(await this.held());
    const checked = checkImportChoices(choices);
    return this.opener.models.cut(model, checked, checkNodeKeys(nodes), checkCutSide(side));
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

  private async look(held: Held | undefined): Promise<SourceFacts> {
    return this.opener.models.look(needModel(held));
  }
}

function needModel(held: Held | undefined): ModelFiles {
  if (held?.model) return held.model;
  throw new StudioError('usage', 'there is no model to look into', {}, 'Open a model first.');
}

/** What its kind asks for, and what it names itself. */
function missingOf({ model, problem }: Held): MissingFile[] {
  const asked = model ? missingFiles(model) : [];
  const named = problem?.details?.files ?? [];
  const known = new Set(asked.map(({ name }) => name));
  return [...asked, ...named.filter((name) => !known.has(name)).map((name) => ({ name, optional: false }))];
}
