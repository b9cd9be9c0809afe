import { create } from 'zustand';
import type {
  CoreVersion,
  GraphView,
  LayerView,
  ModelSummary,
  StageName,
  UiLogLevel,
  WireError,
} from '../../core/worker/contract.ts';
import type {
  ImportChoices,
  ModelNote,
  SourceGraphView,
  SourceView,
} from '../../core/worker/contract-model.ts';
import type { ChipView, ProjectView, RecentProject } from '../../core/worker/contract-project.ts';
import type { GraphState } from './graph.ts';
import type { ParameterIndex } from '../graph/search.ts';
import type { Scene } from '../graph/scene.ts';

/** A line of the log drawer. */
export interface LogLine {
  id: number;
  level: UiLogLevel;
  text: string;
}

/** The job at the bottom of the window. */
export interface JobState {
  id: string;
  title: string;
  fraction: number;
  text: string;
  phase: 'running' | 'stopping' | 'done' | 'failed' | 'cancelled';
  /** The stage it works for. */
  stage: 'model' | StageName;
  /** Milliseconds after which a job that has not stopped is stopped with its core. */
  patience: number;
}

/** A model with everything that is needed to draw it. */
export interface OpenModel {
  summary: ModelSummary;
  graph: GraphView;
  scene: Scene;
  /** Fetched when a search first asks for parameters. */
  parameters?: ParameterIndex;
}

/** The model before its conversion, with what is to be imported of it. */
export interface OpenSource {
  view: SourceView;
  /** Undefined while the model cannot be read. */
  drawn: { graph: SourceGraphView; scene: Scene; parameters: ParameterIndex } | undefined;
  choices: ImportChoices;
  /** How the network was drawn. */
  network: GraphState;
  /** Whether the choices are the model's own. */
  own: boolean;
  /** Why the last attempt was refused. */
  problem: WireError | null;
}

/** The whole state of the page. */
export interface StudioState {
  connection: 'connecting' | 'ready' | 'lost';
  core: CoreVersion | undefined;
  stage: 'model' | StageName;
  model: OpenModel | undefined;
  /** Shown in place of the network. */
  source: OpenSource | undefined;
  /** What is to be known about the network. */
  notes: readonly ModelNote[];
  project: ProjectView | undefined;
  recent: readonly RecentProject[];
  chips: readonly ChipView[];
  job: JobState | undefined;
  logs: readonly LogLine[];
  problem: WireError | undefined;
  /** Index of the selected node, -1 = none. */
  selected: number;
  /** The selected layer's details once they arrived. */
  layer: LayerView | undefined;
  query: string;
  /** Nodes that match the query, in list order; undefined = no query. */
  hits: readonly number[] | undefined;
  layersOpen: boolean;
  logOpen: boolean;
}

/** The store; changed only by the functions of this folder. */
export const useStudio = create<StudioState>(() => ({
  connection: 'connecting',
  core: undefined,
  stage: 'model',
  model: undefined,
  source: undefined,
  notes: [],
  project: undefined,
  recent: [],
  chips: [],
  job: undefined,
  logs: [],
  problem: undefined,
  selected: -1,
  layer: undefined,
  query: '',
  hits: undefined,
  layersOpen: true,
  logOpen: false,
}));

/** No node selected, no query. */
export const NOTHING_SELECTED = { selected: -1, layer: undefined, query: '', hits: undefined } as const;
