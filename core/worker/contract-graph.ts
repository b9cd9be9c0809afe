import type { ProfileResult } from '../jobs/profile.ts';
import type { NodeDataScale } from '../files/node-data/node-data.ts';
import type { JobId, NamedBytes } from './contract.ts';

/** Units and simulator times of the layers; layers without device nodes are not in it. */
export type ProfileView = ProfileResult;

/** How the values of one output channel of a coefficient are spread. */
export interface ChannelRanges {
  /** Name of the coefficient. */
  name: string;
  /** Smallest and largest value per output channel. */
  min: number[];
  max: number[];
  /** Scale per channel where the table has one for each; null = one for all, or no table. */
  scales: number[] | null;
}

/** Values of one quantity from a file of another program, by layer of the open network. */
export interface NodeDataView {
  name: string;
  values: { layer: string; value: number | string }[];
  /** Names in the file that no layer has. */
  unmatched: number;
  scale: NodeDataScale;
}

/** A quantity that can be handed to other programs. */
export interface QuantityView {
  name: string;
  /** Layers that have a value. */
  layers: number;
}

/** Programs that show values on graphs. */
export type NodeDataFormat = 'netron' | 'model-explorer';

/** The part of the studio's contract that is about the graph's colours. Every call may reject with a WireError. */
export interface GraphApi {
  /**
   * Lowers the network as the project's table says and times `runs` inferences on the simulator.
   * @param runs 0 = units only, which is quick
   */
  profile(runs: number, job: JobId): Promise<ProfileView>;
  /** Of the weights of a layer; empty where there are none with output channels. */
  channelRanges(key: string): Promise<ChannelRanges[]>;
  /** Reads a Netron attachment or node data of Model Explorer; rejects what fits no layer. */
  readNodeData(file: NamedBytes): Promise<NodeDataView[]>;
  /** What is known of the layers now: costs, errors and ranges where they were measured, times of the last profile. */
  quantities(): Promise<QuantityView[]>;
  /** A file with them. Netron takes all at once; Model Explorer one, by its name. */
  exportNodeData(format: NodeDataFormat, quantity: string | null): Promise<NamedBytes>;
}
