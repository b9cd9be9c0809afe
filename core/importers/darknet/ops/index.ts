import type { OperatorFamily } from '../../onnx/operator.ts';
import { convolutions } from './convolution.ts';
import { dense } from './dense.ts';
import { joins } from './join.ts';
import { plane } from './plane.ts';
import { recurrent } from './recurrent.ts';

/** Every section with a layer, as `darknet:SECTION`. */
export const darknetFamily: OperatorFamily = { ...convolutions, ...dense, ...joins, ...plane, ...recurrent };

/** Names of the layers that sections are about: like those of the ACUITY ops they become. */
export const layerNames: Readonly<Record<string, string>> = {
  avgpool: 'pooling', connected: 'fullconnect', control_channels: 'multiply', convolutional: 'convolution',
  deconvolutional: 'deconvolution', l2norm: 'l2normalize', local: 'matmul', local_avgpool: 'pooling', maxpool: 'pooling',
  maxpool_depth: 'maximum', normalization: 'multiply', reorg: 'reorg', reorg3d: 'reorg', route: 'concat',
  route_lists: 'concat', sam: 'multiply', scale_channels: 'multiply', shift_channels: 'add', shortcut: 'add',
  softmax: 'softmax', upsample: 'image_resize',
}; // prettier-ignore
