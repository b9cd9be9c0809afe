import type { JobId, NamedBytes } from './contract.ts';
import type { NodeDataView } from './contract-graph.ts';
import type { JobOptions, OptionView, PictureView } from './contract-project.ts';

/** A serial number in a pasted text, and the NPU it means. */
export interface TargetMatch {
  serial: string;
  /** PID of the chip; null = no known chip has such serials. */
  pid: string | null;
  /** Chips with the most similar serials, when the chip is not known. */
  nearest: { serial: string; pid: string; sameFamily: boolean }[];
}

/** What a chip's NN cores lack for the quantization the project has. */
export interface TargetFit {
  /** Tensors in the quantize table; null = there is no table yet, so nothing was checked. */
  tensors: number | null;
  misfits: { reason: string; remedy: string; tensors: number }[];
}

/** One file of an export. */
export interface CaseFileEntry {
  /** As {@link ExportApi.caseFile} takes it: folder and name with slashes. */
  name: string;
  /** Null = it has been deleted since. */
  bytes: number | null;
}

/** A folder of an export. */
export interface CaseFolder {
  kind: 'case' | 'unify' | 'viplite';
  /** Where it lies, for people. */
  folder: string;
  files: CaseFileEntry[];
}

/** Cases that can be built on this computer; `viplite` needs the driver's own SDK. */
export type BuildKind = 'case' | 'unify';

/** What building and running the case on this computer gave. */
export interface BuildView {
  /** Milliseconds since 1970. */
  finished: number;
  compileSeconds: number;
  runSeconds: number;
  /** Null = the export has no self test. */
  passed: boolean | null;
  /** What compiler and program printed; only the end where it is long. */
  output: string;
}

/** The last export. */
export interface ExportView {
  finished: number;
  /** Data type of the case: quantized, float16, float32. */
  dtype: string;
  folders: CaseFolder[];
  /** What the export warned of, one sentence each. */
  warnings: string[];
  build: BuildView | null;
  /** Of the case around the packed network. */
  packedBuild: BuildView | null;
}

/** The beginning of one file. */
export interface CaseFileView {
  name: string;
  bytes: number;
  /** Text, or rows of hexadecimal numbers where the file is none. */
  text: string;
  binary: boolean;
  /** Whether `text` is only the beginning. */
  cut: boolean;
}

/** The post-processing description. */
export interface PostProcessView {
  file: string;
  text: string;
  /** False: a suggestion, nothing has been written. */
  saved: boolean;
  /** Kinds of its steps. */
  kinds: string[];
  /** What is wrong with the file; null = nothing. */
  problem: { line: number | null; message: string } | null;
}

/** A sample of the set, or a picture of the user's. */
export type VerifySample = { index: number } | { file: NamedBytes };

/** How sums of integer layers become codes: exactly, or as the NPU of the project's chip is thought to do it. */
export type Requantization = 'exact' | 'npu';

/** One class with its value. */
export interface ClassView {
  label: number;
  /** Null where nobody named it. */
  name: string | null;
  value: number;
}

/** What a step of the post-processing found. Places are pixels of a picture of `width` x `height`. */
export type StepView =
  | { kind: 'classification'; classes: ClassView[] }
  | {
      kind: 'detections';
      width: number;
      height: number;
      /** How many there were; `boxes` may be fewer. */
      count: number;
      /** Left, top, right, bottom. */
      boxes: (ClassView & { box: [number, number, number, number] })[];
    }
  | { kind: 'segmentation'; mask: PictureView; classes: ClassView[] }
  | { kind: 'keypoints'; width: number; height: number; points: (ClassView & { x: number; y: number })[] };

/** How far an output is from the float network's. */
export interface SimilarityView {
  cosine: number;
  /** Signal to noise in dB; null = no error at all. */
  sqnr: number | null;
}

/** One output of one way to run the network. */
export interface VerifyOutput {
  key: string;
  top: ClassView[];
  /** Against the float network; null for that itself, and where the case gives another form of the output. */
  similarity: SimilarityView | null;
}

/** One way to run the network. */
export interface VerifyColumn {
  kind: 'float' | 'quantized' | 'compiled';
  /** Why it could not be run; null = it was. */
  missing: string | null;
  outputs: VerifyOutput[];
  steps: StepView[];
  /** Compiled only: whether the program gave the simulator's bytes. */
  sameBytes: boolean | null;
}

/** A layer of the quantized network against the float one, everything before it quantized too. */
export interface DepthPoint {
  /** Key of the layer. */
  layer: string;
  op: string;
  cosine: number;
  sqnr: number | null;
}

/** What float, quantized and compiled network made of one sample. */
export interface VerifyView {
  /** File name. */
  sample: string;
  label: ClassView | null;
  /** Null when the sample is no picture. */
  picture: PictureView | null;
  /** Version of the NN cores whose requantization the integer networks were given; null = exact. */
  nnVersion: 7 | 8 | null;
  columns: VerifyColumn[];
  /** In layer order; a long network is thinned out, its worst layers stay. */
  depth: DepthPoint[];
}

/** Layer dumps of a program, to be compared with the network in one of its forms on the sample that the program had. */
export interface DumpsRequest {
  /** Dumps, and perhaps what the program printed with CNN_PERF=1. */
  files: NamedBytes[];
  against: 'quantized' | 'float32' | 'float16';
  sample: VerifySample;
  requantization: Requantization;
}

/** A layer as a program computed it, against the simulator. */
export interface DumpPoint extends DepthPoint {
  /** Null where one of the two holds no number. */
  maxError: number | null;
  /** Values that differ, of how many. */
  differing: number;
  elements: number;
}

/** What a comparison of layer dumps found. */
export interface DumpsView {
  against: DumpsRequest['against'];
  /** In layer order; a long network is thinned out, its worst layers stay. */
  points: DumpPoint[];
  /** The first layer with other values; null = there is none. */
  first: { layer: string; differing: number; elements: number } | null;
  /** Outputs of nodes that no file is of. */
  absent: number;
  /** Files that were not compared, the first of them by name. */
  odd: { file: string; reason: string }[];
  oddCount: number;
  /** The same by layer, and the times of the log, to colour the graph. */
  data: NodeDataView[];
  /** Sum of the times; null = there was no log. */
  microseconds: number | null;
}

/** The part of the contract that is about the last stages. Every call may reject with a WireError. */
export interface ExportApi {
  /** The boards that a text names: /proc/cpuinfo, a terminal session, or bare serials. */
  recognizeTargets(text: string): Promise<TargetMatch[]>;
  /** What does not fit the chip with this PID. */
  targetFit(pid: string): Promise<TargetFit>;
  postProcess(): Promise<PostProcessView>;
  /** Writes the description; null deletes it. Rejects with the line of a mistake. */
  savePostProcess(text: string | null): Promise<PostProcessView>;
  exportOptions(): Promise<OptionView[]>;
  exportCase(options: JobOptions, job: JobId): Promise<ExportView>;
  /** The last export; null = none. */
  caseFiles(): Promise<ExportView | null>;
  caseFile(name: string): Promise<CaseFileView>;
  /** Compiles an exported case with the simulator and runs its self test. */
  buildCase(kind: BuildKind, job: JobId): Promise<BuildView>;
  /** Runs a sample through the float, the quantized and the compiled network; default: exactly. */
  verify(sample: VerifySample, job: JobId, requantization?: Requantization): Promise<VerifyView>;
  /** Compares what a program wrote of every layer with the simulated network. */
  compareDumps(request: DumpsRequest, job: JobId): Promise<DumpsView>;
}
