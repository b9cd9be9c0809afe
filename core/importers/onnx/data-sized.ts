import { Unsupported } from './builder.ts';

/** A result whose size depends on the data. The report then says where the graph can be cut. */
export class DataSized extends Unsupported {
  constructor(more = '') {
    super(`the size of its result depends on the data, and the NPU runs fixed shapes${more}`);
  }
}
