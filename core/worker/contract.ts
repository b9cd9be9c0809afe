/**
 * What the studio and the core say to each other: the same over Electron's MessagePort and over the
 * loopback WebSocket. Plain data only; the page imports these types and none of the code.
 */
import type { ProblemDetails } from '../network/errors.ts';
import type { ExportApi } from './contract-export.ts';
import type { GraphApi } from './contract-graph.ts';
import type { InspectApi } from './contract-inspect.ts';
import type { ModelApi } from './contract-model.ts';
import type { ProjectApi, ProjectId } from './contract-project.ts';

/** Names a running job, chosen by the caller. */
export type JobId = string;

/** A model file as the page hands it over. */
export interface NamedBytes {
  /** File name without folders. */
  name: string;
  bytes: Uint8Array;
}

/** Where a model comes from: bytes the page read, or paths (desktop only). */
export type ModelSource = { files: NamedBytes[] } | { paths: string[] };

/** One kind of model file, for the first screen. */
export interface ModelFormat {
  /** As people call it, e.g. "ONNX". */
  name: string;
  /** File extensions with the dot. */
  extensions: string[];
  /** Extensions of files that may come with it. */
  companions: string[];
  /** False: not read yet. */
  readable: boolean;
}

/** What the core is and can do. */
export interface CoreVersion {
  version: string;
  formats: ModelFormat[];
  /** Whether {@link ModelSource} paths are allowed. */
  paths: boolean;
}

/** A dimension: a number, or `N`, `2N`, ... where it depends on a batch that is not fixed. */
export type DimensionView = number | string;

/** A tensor as a person names it. */
export interface PortSummary {
  key: string;
  name: string;
  /** Null where the model does not say. */
  shape: DimensionView[] | null;
}

/** The stages of the rail after Model. */
export type StageName = 'inputs' | 'quantize' | 'inspect' | 'target' | 'export' | 'verify';

/** What was imported. */
export interface ModelSummary {
  name: string;
  /** Files it was read from. */
  files: string[];
  /** Format it was read as, e.g. "ACUITY network". */
  format: string;
  /** Framework the model was made in, e.g. "TensorFlow Lite", when the file says so. */
  framework: string | null;
  layers: number;
  connections: number;
  /** Number of coefficient values; null when the coefficients were not given. */
  parameters: number | null;
  inputs: PortSummary[];
  outputs: PortSummary[];
  /** Ops by number of uses, most used first. */
  ops: { op: string; count: number }[];
}

/** A node of the graph; its index in {@link GraphView.nodes} is its identity inside one view. */
export interface GraphNode {
  key: string;
  name: string;
  op: string;
  /** The parameters that matter most, in a few characters: "3×3 /2". */
  detail: string;
  /** Per output port; null where not known. */
  shapes: (DimensionView[] | null)[];
  /** Number of coefficient values; null when the coefficients were not given. */
  parameters: number | null;
  /** Multiply-accumulates for one sample; null where shapes are not known. */
  macs: number | null;
  /** Input layers, constants and outputs are drawn differently. */
  role: 'input' | 'output' | 'constant' | 'layer';
}

/** A use of a tensor. */
export interface GraphEdge {
  /** Index of the producing node. */
  from: number;
  /** Index of the reading node. */
  to: number;
  /** Output port of the producer. */
  port: number;
  /** Input index of the reader. */
  input: number;
}

/** The whole graph, once per model. */
export interface GraphView {
  nodes: GraphNode[];
  edges: GraphEdge[];
}

/** One end of a connection in the inspector. */
export interface ConnectionView {
  key: string;
  name: string;
  op: string;
  port: number;
  shape: DimensionView[] | null;
}

/** Range and spread of a coefficient. */
export interface CoefficientView {
  name: string;
  type: string;
  shape: number[];
  count: number;
  min: number | null;
  max: number | null;
  /** Counts in equal steps from min to max; empty when there is no range. */
  histogram: number[];
}

/** Everything the inspector shows of a layer. */
export interface LayerView {
  key: string;
  name: string;
  op: string;
  /** Name and value as the network file would spell it. */
  parameters: { name: string; value: string }[];
  inputs: ConnectionView[];
  /** Per output port: its shape and who reads it. */
  outputs: { port: number; shape: DimensionView[] | null; readers: ConnectionView[] }[];
  coefficients: CoefficientView[];
}

/** How a problem crosses: an Error would lose all but its message. */
export interface WireError {
  code: string;
  message: string;
  place: { file?: string; layer?: string; line?: number };
  hint?: string;
  /** What a form or a graph shows in its place. */
  details?: ProblemDetails;
}

/** What the page may ask the core. Every call may reject with a {@link WireError}. */
export interface StudioApi extends ProjectApi, ModelApi, ExportApi, InspectApi, GraphApi {
  version(): Promise<CoreVersion>;
  /** Reads a model and makes a project of it; it replaces the one that was open only when it succeeds. */
  importModel(source: ModelSource, job: JobId): Promise<ModelSummary>;
  /** Opens the project again, or one that the command line made. */
  openProject(id: ProjectId, job: JobId): Promise<ModelSummary>;
  /** Opens the project around the bundled model and pictures; makes it the first time. */
  openSample(job: JobId): Promise<ModelSummary>;
  closeProject(): Promise<void>;
  graph(): Promise<GraphView>;
  /** Parameters of all nodes of the graph, in its order, for the search. */
  allParameters(): Promise<LayerView['parameters'][]>;
  layer(key: string): Promise<LayerView>;
  /** Asks a job to stop; its call then rejects with code `cancelled`. */
  cancel(job: JobId): Promise<void>;
}

/** Severity of a log line. */
export type UiLogLevel = 'D' | 'I' | 'W' | 'E';

/** What the core tells the page without being asked. */
export interface UiApi {
  /** Fraction 0..1 and what is being done; at most some thirty times a second. */
  progress(job: JobId, fraction: number, text: string): void;
  log(job: JobId, level: UiLogLevel, text: string): void;
}
