/** A file that belongs to a model. */
export interface ModelFile {
  /** File name without folders. */
  name: string;
  bytes: Uint8Array;
}

/** The only places where files that belong to a model may be. */
export interface ModelHome {
  /** Folder of the model. */
  folder?: string | undefined;
  /** Files that were given together with it; they go before those of the folder. */
  companions?: readonly ModelFile[] | undefined;
}

/** What every importer understands; each list has one item per input of the model. */
export interface ImportOptions extends ModelHome {
  /** File name; its stem becomes the name of the network. */
  name: string;
  /** Name of the companion that holds the weights, where its ending does not tell. */
  weights?: string;
  /** Dialect of a Caffe net: `lstm_caffe` orders the coefficients of LSTM layers as the fork with that layer does. */
  caffeProto?: 'caffe' | 'lstm_caffe';
  /** Tensor or node names to cut the graph at; default: the graph's own. */
  inputs?: readonly string[];
  outputs?: readonly string[];
  inputSizes?: readonly (readonly number[])[];
  /** Whether inputSizes[i] includes the batch; unset = both spellings are understood. */
  sizesWithBatch?: readonly boolean[];
  inputTypes?: readonly string[];
  /** Parts that the network consists of, each between its points. Points of both kinds join two parts. */
  subgraphs?: readonly { inputs: readonly string[]; outputs: readonly string[] }[];
  /** Of a quantized model: integers of input i stand for (integer - means[i]) / deviations[i]. */
  means?: readonly number[];
  deviations?: readonly number[];
  signal?: AbortSignal;
  progress?: (fraction: number, text: string) => void;
}
