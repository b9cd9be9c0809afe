/** What the NAME_inputmeta.yml file says: where samples come from and how each becomes an input tensor. */
export interface InputMeta {
  databases: InputDatabase[];
}

/** One dataset file; each sample draws one item from every database. */
export interface InputDatabase {
  /** Dataset file, relative to the working directory. */
  path: string;
  type: 'TEXT' | 'NPY' | 'H5FS' | 'SQLITE' | 'LMDB' | 'GENERATOR' | 'ZIP';
  /** One per network input it feeds, in column order of the dataset's lines. */
  ports: InputPort[];
}

/** How one network input is filled. */
export interface InputPort {
  /** Key of the input layer. */
  lid: string;
  category: 'image' | 'frequency' | 'undefined';
  /** Element type of the input layer, e.g. "float32". */
  dtype: string;
  sparse: boolean;
  tensorName: string | null;
  layout: 'nhwc' | 'nchw';
  /** With batch, written in `layout` order. shape[0] is the default batch size. */
  shape: number[];
  /** How a picture is brought to the input's size; "scale" = resize. */
  fitting: string;
  preprocess: Preprocess;
  redirectToOutput: boolean;
}

/** value = (pixel - mean[channel]) * scale[channel], after an optional reversal of the channel order. */
export interface Preprocess {
  reverseChannel: boolean;
  /** One per channel; empty when the file has none. */
  mean: number[];
  /** One number for all channels, or one per channel (newer files). */
  scale: number | number[];
  addPreprocNode: boolean;
  preprocType: string;
  preprocPerm: number[];
}
