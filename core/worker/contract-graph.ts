import type { ProfileResult } from '../jobs/profile.ts';
import type { JobId } from './contract.ts';

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

/** The part of the studio's contract that is about the graph's colours. Every call may reject with a WireError. */
export interface GraphApi {
  /**
   * Lowers the network as the project's table says and times `runs` inferences on the simulator.
   * @param runs 0 = units only, which is quick
   */
  profile(runs: number, job: JobId): Promise<ProfileView>;
  /** Of the weights of a layer; empty where there are none with output channels. */
  channelRanges(key: string): Promise<ChannelRanges[]>;
}
