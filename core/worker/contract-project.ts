import type { OptionSpec } from '../jobs/options.ts';
import type { EvaluateResult } from '../jobs/evaluate.ts';
import type { JobId, NamedBytes, StageName, UiLogLevel } from './contract.ts';

/** Names a project: its folder name under the projects folder, or (desktop) the path of its network file. */
export type ProjectId = string;

/** How a stage stands, and why, in a few words: "50 images", "quantized before the inputs changed". */
export interface StageState {
  state: 'todo' | 'done' | 'stale' | 'failed';
  text: string;
}

/** An NPU as the target choice shows it. */
export interface ChipView {
  pid: string;
  name: string;
  /** Of all chips with this NPU. */
  names: string[];
  /** First four digits of their serials. */
  serials: string[];
  cores: number;
  /** 8-bit operations per second in units of 10^12; null = unknown. */
  tops: number | null;
  /** Null = nobody knows. */
  perChannel: boolean | null;
  int16: boolean;
  /** Data types by how well the NN cores compute them. */
  types: { fast: string[]; slow: string[]; unknown: string[] };
  uncertain: boolean;
}

/** The open project; everything in it comes from files in its folder. */
export interface ProjectView {
  id: ProjectId;
  name: string;
  /** Where it lies, for people. */
  folder: string;
  stages: Record<'model' | StageName, StageState>;
  /** Why it can only be looked at, in words; null = it can be changed here. */
  readOnly: string | null;
  /** Name of the model file it was imported from, as long as that is there. */
  source: string | null;
  /** Whether NAME.data is there. */
  weights: boolean;
  /** PID of the chosen chip; null = none chosen. */
  target: string | null;
  runs: RunView[];
  /** Number of the run whose files are the project's; null when the table came from elsewhere. */
  currentRun: number | null;
  /** Changes when the input description, a list or the class names change, by whomever. */
  inputsVersion: string;
  /** Changes when NAME.quantize or NAME.analysis.json changes, by whomever. */
  tableVersion: string;
}

/** One line of the list of recent projects. */
export interface RecentProject {
  id: ProjectId;
  name: string;
  folder: string;
  /** When it was last opened, milliseconds since 1970; null = never by the studio. */
  opened: number | null;
}

/** One finished quantization; its files are kept in runs/NAME-NUMBER. */
export interface RunView {
  number: number;
  /** Milliseconds since 1970. */
  finished: number;
  seconds: number;
  /** As the command line spells them. */
  quantizer: string;
  qtype: string;
  algorithm: string;
  /** Improvements that were asked for: "MLE", "hybrid: 3 layers". */
  extras: string[];
  samples: number;
  /** Mean over the activations, everything quantized, in dB; null when not measured. */
  meanSqnr: number | null;
  evaluation: EvaluateResult | null;
  /** Bytes of all weights and biases as stored on the chip. */
  weightBytes: number;
  /** What is doubtful about calibration data or chip, one sentence each. */
  warnings: string[];
  /** Which scheme suits the model, one sentence each. */
  advice: string[];
  /** The options that the advice is about. */
  advised: JobOptions;
}

/** One calibration sample. */
export interface SampleView {
  /** Per input, the file's name without folders. */
  files: string[];
  label: number | null;
}

/** The calibration set. */
export interface SamplesView {
  /** Files that list the samples, one per database. */
  lists: string[];
  /** Whether samples can be added here; else why not. */
  fixed: string | null;
  samples: SampleView[];
  labelled: number;
  /** Class names, index = class; empty when there is no classes.txt. */
  classes: string[];
  /** Doubts, one sentence each. */
  warnings: string[];
}

/** Files for one input. Names may start with one folder, the class: `cat/1.png`. */
export interface SampleBatch {
  /** Key of the input layer. */
  input: string;
  files: NamedBytes[];
  /** All class folders of the whole drop, sorted; empty = no labels from folders. */
  classes: string[];
}

/** What became of a batch. */
export interface AddedSamples {
  added: number;
  /** Samples that got a label from a list in the batch. */
  labelled: number;
  rejected: { name: string; reason: string }[];
}

/** What the form of one network input shows; the rest of the file stays as it is. */
export interface InputForm {
  /** Key of the input layer. */
  lid: string;
  category: 'image' | 'frequency' | 'undefined';
  layout: 'nhwc' | 'nchw';
  shape: number[];
  fitting: string;
  reverseChannel: boolean;
  mean: number[];
  scale: number | number[];
}

/** The input description as the form or as text. */
export type InputDraft = { inputs: InputForm[] } | { text: string };

/** Form and text of one input description; both say the same. */
export interface InputMetaView {
  file: string;
  text: string;
  inputs: InputForm[];
  /** Keys of the file, with the words that can follow them. */
  words: Record<string, string[]>;
  /** False while the file has not been written. */
  saved: boolean;
}

/** A picture for the page. */
export interface PictureView {
  png: Uint8Array;
  /** Of the source, which may be larger than the PNG. */
  width: number;
  height: number;
}

/** One sample of one input, as it is and as the network gets it. */
export interface PreviewView {
  /** Null when the file holds numbers. */
  original: PictureView | null;
  /** The tensor, its smallest value black, its largest white; null when it is no picture. */
  seen: PictureView | null;
  file: string;
  count: number;
  min: number;
  max: number;
  mean: number;
  /** Counts in equal steps from min to max; empty when all values are equal. */
  histogram: number[];
}

/** Which sample to look at, and how it would be prepared; saved settings where `draft` is absent. */
export interface PreviewRequest {
  input: string;
  index: number;
  draft?: InputForm | undefined;
}

/** A job that works on the project's files. */
export type ProjectJobName = 'quantize';

/** An option as the form shows it. */
export interface OptionView extends OptionSpec {
  /** What it is when nothing is given; null = nothing. */
  default: string | number | boolean | null;
}

/** Values for options, paths excepted: those are the core's business. */
export type JobOptions = Record<string, string | number | boolean>;

/** What each project job answers. */
export interface ProjectJobResults {
  quantize: RunView;
}

/** A job that ran or runs, with what it said. */
export interface JobRecord {
  id: JobId;
  title: string;
  phase: 'running' | 'done' | 'failed' | 'cancelled';
  /** Milliseconds since 1970. */
  started: number;
  seconds: number;
  log: { level: UiLogLevel; text: string }[];
}

/** The part of the studio's contract that is about projects. Every call may reject with a WireError. */
export interface ProjectApi {
  /** The open project; null when there is none. Cheap: looks at the files again. */
  project(): Promise<ProjectView | null>;
  recentProjects(): Promise<RecentProject[]>;
  chips(): Promise<ChipView[]>;
  /** Remembers the chip (PID), or none. */
  setTarget(pid: string | null): Promise<void>;
  samples(): Promise<SamplesView>;
  addSamples(batch: SampleBatch): Promise<AddedSamples>;
  /** Takes samples out of the list, by index; files in the project's samples folder are deleted. */
  removeSamples(indices: number[]): Promise<void>;
  /** A small picture of a sample; null when it is none. */
  thumbnail(input: string, index: number): Promise<PictureView | null>;
  preview(request: PreviewRequest): Promise<PreviewView>;
  inputMeta(): Promise<InputMetaView>;
  /** Checks a draft and gives both its forms; rejects with the line of a mistake. */
  checkInputMeta(draft: InputDraft): Promise<InputMetaView>;
  saveInputMeta(draft: InputDraft): Promise<InputMetaView>;
  jobOptions(name: ProjectJobName): Promise<OptionView[]>;
  /** One job at a time: rejects with code `usage` while another runs. */
  runJob<Name extends ProjectJobName>(
    name: Name,
    options: JobOptions,
    job: JobId,
  ): Promise<ProjectJobResults[Name]>;
  jobHistory(): Promise<JobRecord[]>;
  /** Makes the files of an earlier run the project's again. */
  useRun(number: number): Promise<void>;
}
