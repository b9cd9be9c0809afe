import { StudioError } from '../../network/errors.ts';
import type { Message } from './message.ts';

/** One layer of a net, in the terms of Caffe's newest format (V2). */
export interface CaffeLayer {
  name: string;
  /** As in V2, e.g. `InnerProduct`; '' when the file does not say. */
  type: string;
  /** Blobs it reads and writes, by their names in the file. */
  bottoms: string[];
  tops: string[];
  /** The whole layer; parameters of its type are in a field like `convolution_param`. */
  body: Message;
}

/** The error for a layer that breaks Caffe's own rules. */
export function layerError(layer: Pick<CaffeLayer, 'name' | 'type' | 'body'>, why: string): StudioError {
  const { name, type, body } = layer;
  return new StudioError('network-invalid', `${type}: ${why}`, { layer: name, line: body.line });
}
