import type { Network } from './network.ts';

/** Frameworks that keep channels last; the others (onnx, caffe, pytorch, darknet) keep them second. */
const channelsLast = new Set(['tensorflow', 'tflite', 'keras']);

/** The layout that the framework a network came from gives to pictures. */
export function sourceLayout(network: Network): 'nhwc' | 'nchw' {
  const source = network.meta.orgPlatform ?? network.meta.platform;
  return channelsLast.has(source.toLowerCase()) ? 'nhwc' : 'nchw';
}
