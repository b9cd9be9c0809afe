import type { EvaluateResult } from '../jobs/evaluate.ts';
import type { AnalysisReport } from '../quantization/analysis-report.ts';
import type { JobId, NamedBytes } from './contract.ts';
import type { RunView } from './contract-project.ts';

/** The error of one tensor in its several senses, as NAME.analysis.json has it. */
export type TensorReport = AnalysisReport['tensors'][number];

/** How a tensor is stored; numbers that the table leaves blank are null. */
export interface EntryView {
  quantizer: string;
  qtype: string;
  min: number | null;
  max: number | null;
  scale: number | null;
  zeroPoint: number | null;
  fl: number | null;
  /** Whether each channel has a scale of its own. */
  perChannel: boolean;
}

/** The error of every tensor under the project's table. */
export interface AnalysisView {
  /** Samples that were run. */
  samples: number;
  /** Activations in layer order, then weights; converters of hybrid networks left out. */
  tensors: TensorReport[];
  /** Layer key → type that the analysis suggests. */
  suggested: Record<string, string>;
  /** By the reference of the tensor. */
  entries: Record<string, EntryView>;
  /** Layers that share a range and should change together: producer, activation. */
  units: string[][];
}

/** A type that a layer can be given. */
export interface FormatView {
  /** As `customized_quantize_layers` spells it. */
  value: string;
  /** As people call it. */
  label: string;
  /** Bytes of an element on the chip. */
  weightBytes: number;
  biasBytes: number;
  activationBytes: number;
}

/** `customized_quantize_layers` as a list or as text. */
export type CustomizedDraft = { layers: Record<string, string> } | { text: string };

/** Something wrong in the text. */
export interface CustomizedProblem {
  line: number;
  message: string;
}

/** `customized_quantize_layers` in both forms; the list leaves out what is wrong in the text. */
export interface CustomizedView {
  text: string;
  /** Layer key → type, in the order of the text. */
  layers: Record<string, string>;
  problems: CustomizedProblem[];
  formats: FormatView[];
}

/** Changes to the project's table that have not been made yet. */
export interface HybridDraft {
  /** The whole of `customized_quantize_layers`. */
  layers: Record<string, string>;
  /** Reference of a tensor → its new range. */
  ranges: Record<string, { min: number; max: number }>;
}

/** How a table does on samples. */
export interface OutcomeView extends Pick<EvaluateResult, 'outputs' | 'agreement' | 'accuracy'> {
  /** Of all weights and biases as stored on the chip. */
  weightBytes: number;
}

/** What a draft would do. */
export interface WhatIfView {
  samples: number;
  before: OutcomeView;
  after: OutcomeView;
  /** dtype_converter layers it needs. */
  converters: number;
}

/** Where a table is: in a run (its number), in the project as it is now, or in any .quantize file. */
export type TableSource = number | 'project' | NamedBytes;

/** An entry that two tables store differently; null where a table has none. */
export interface TableDifference {
  ref: string;
  a: EntryView | null;
  b: EntryView | null;
}

/** How near something is to float32. */
export interface Fidelity {
  /** In dB; null = no error. */
  sqnr: number | null;
  cosine: number;
}

/** How well a layer does that reads a tensor with another range, everything else being float32. */
export interface ReaderEffect {
  /** Its key. */
  layer: string;
  /** With the range of the table. */
  before: Fidelity;
  after: Fidelity;
}

/** The part of the studio's contract that is about the Inspect stage. Every call may reject with a WireError. */
export interface InspectApi {
  /** Null while the errors under the project's present table have not been measured. */
  analysis(): Promise<AnalysisView | null>;
  /** Measures them; writes entropy.txt and NAME.analysis.json. */
  measureLayers(job: JobId): Promise<AnalysisView>;
  customized(): Promise<CustomizedView>;
  /** Gives both forms of a draft, and what is wrong with it. */
  checkCustomized(draft: CustomizedDraft): Promise<CustomizedView>;
  /** Writes NAME.quantize; rejects with the line of the first mistake. */
  saveCustomized(draft: CustomizedDraft): Promise<CustomizedView>;
  /** Tries a draft on a few samples; no file of the project changes. */
  whatIf(draft: HybridDraft, job: JobId): Promise<WhatIfView>;
  /** Makes a run of a draft: NAME.quantize.json with converters, the new table, and its errors. */
  applyHybrid(draft: HybridDraft, job: JobId): Promise<RunView>;
  /**
   * What another range of a tensor does to each layer that reads it, on the first sample of the dataset; nothing
   * changes. Rejects where nothing reads it, or it has no range.
   */
  nextLayerEffect(ref: string, range: { min: number; max: number }): Promise<ReaderEffect[]>;
  /** What two tables store differently; rejects with the line when a file is no table. */
  diffTables(a: TableSource, b: TableSource): Promise<TableDifference[]>;
}
