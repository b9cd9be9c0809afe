import type { GraphView, JobId, ModelSummary, WireError } from './contract.ts';

/** One input point of an import. */
export interface InputChoice {
  /** Name of a tensor, or of the node that makes it. */
  name: string;
  /** With the batch; null = a dimension that is not known yet. Null as a whole = not even the rank is known. */
  shape: (number | null)[] | null;
  /** What the samples will be; null = as the model says. */
  type: string | null;
}

/** What is imported of a model, and how. */
export interface ImportChoices {
  inputs: InputChoice[];
  outputs: string[];
  /** Options that only this framework has, by {@link SettingView.key}; absent = default. */
  settings: Record<string, string>;
}

/** An option that only one framework has. */
export interface SettingView {
  key: string;
  label: string;
  help: string;
  /** Values to choose from, the default first; empty = any text. */
  choices: string[];
}

/** An input or output as the model declares it. */
export interface SourceTensor {
  name: string;
  /** Names of open dimensions are texts. Null = not said. */
  shape: (number | string)[] | null;
  type: string | null;
}

/** A file that belongs to the model and is not there. */
export interface MissingFile {
  /** Its name, or its ending: ".weights". */
  name: string;
  /** Whether the model can be imported without it. */
  optional: boolean;
}

/** The model before it was converted, and what is to become of it. */
export interface SourceView {
  /** Whether there is no project of it yet. */
  pending: boolean;
  /** The main file. */
  file: string;
  /** As people call it, e.g. "ONNX". */
  format: string;
  files: { name: string; bytes: number }[];
  missing: MissingFile[];
  /** Endings of files that may come with it. */
  companions: string[];
  /** As the model declares them; empty while a file is missing. */
  inputs: SourceTensor[];
  outputs: SourceTensor[];
  /** What was imported last, or is suggested. */
  choices: ImportChoices;
  /** Whether those are the model's own. */
  own: boolean;
  /** Types that an input can be given. */
  types: string[];
  settings: SettingView[];
  /** Why it is not imported; null = it is. */
  problem: WireError | null;
  /** Nodes of its graph; 0 while it cannot be read. */
  nodes: number;
}

/** The tensors of a node of the source, for cuts and completion. */
export interface SourceTensors {
  /** Without weights. */
  reads: string[];
  makes: string[];
  /** Name of the node, which may stand for its first output; '' for inputs and outputs of the model. */
  node: string;
}

/** The source's graph; nodes are keyed by the name of their first output. */
export interface SourceGraphView extends GraphView {
  /** By node. */
  tensors: SourceTensors[];
  /** Parameters by node. */
  parameters: { name: string; value: string }[][];
}

/** Where a cut lies: the network ends in front of the nodes, or begins behind them. */
export type CutSide = 'end-before' | 'begin-after';

/** Something worth knowing about the open network; one line of a list. */
export interface ModelNote {
  /** What lines of one kind are listed under. */
  kind: string;
  /** Key of the layer it is about; null = the whole. */
  layer: string | null;
  text: string;
}

/** The part of the contract that is about the model before and right after its import. */
export interface ModelApi {
  /** The model that was refused last, else that of the open project; null = there is none. */
  source(): Promise<SourceView | null>;
  sourceGraph(): Promise<SourceGraphView>;
  /** Imports it with these choices; null = as it says itself. Rejects with the choices that do not fit. */
  importSource(choices: ImportChoices | null, job: JobId): Promise<ModelSummary>;
  /** The choices with a cut at nodes of the source, by their keys. */
  cutSource(choices: ImportChoices, nodes: string[], side: CutSide): Promise<ImportChoices>;
  /** Forgets a model that was refused. */
  dropSource(): Promise<void>;
  /** What is to be known about the open network. */
  modelNotes(): Promise<ModelNote[]>;
}
