import type { DeviceGraph, DeviceTensor } from '../device/graph.ts';
import type { InputMeta, InputPort } from '../network/input-meta.ts';
import { commentText, floatLiteral } from './c-text.ts';
import { renderTemplate, type TemplateValues } from './template.ts';

/** One graph input and how a picture becomes it. */
interface ImageInput {
  index: number;
  port: InputPort;
  /** W,H,C,N index of the channels: 2 = one plane per channel, 0 = interleaved. */
  channelDim: 0 | 2;
  channels: number;
}

/** vnn_pre_process.c and .h. */
export function preProcessFiles(
  graph: DeviceGraph,
  meta: InputMeta,
  common: TemplateValues,
): [string, string][] {
  const images = imageInputs(graph, meta);
  const scales = images.map(({ port, channels }) => channelScales(port, channels));
  const isSingle = scales.every((list) => list.every((scale) => scale === list[0]));
  const maxChannels = Math.max(4, ...images.map(({ channels }) => channels));
  const values: TemplateValues = {
    ...common,
    inputNum: graph.inputs.length,
    maxChannels,
    scaleMember: isSingle ? 'float scale;' : `float scale[${maxChannels}];`,
    scaleBody: isSingle ? '*value *= meta->image.scale;' : '*value *= meta->image.scale[c];',
    inputMeta: images.flatMap((image, at) => metaLines(image, scales[at], isSingle)),
  };
  const imageProcess = imageProcessSource(graph, images, isSingle, values);
  return [
    ['vnn_pre_process.c', renderTemplate('vnn_pre_process.c', { ...values, imageProcess })],
    ['vnn_pre_process.h', renderTemplate('vnn_pre_process.h', values)],
  ];
}

/** Layout of the first picture: NHWC, or NCHW as where there is none. */
export function portFormat(graph: DeviceGraph, meta: InputMeta): 'nchw' | 'nhwc' {
  return imageInputs(graph, meta).at(0)?.channelDim === 0 ? 'nhwc' : 'nchw';
}

function imageProcessSource(
  graph: DeviceGraph,
  images: readonly ImageInput[],
  isSingle: boolean,
  values: TemplateValues,
): string {
  const reason =
    graph.inputs.length !== 1 || images.length !== 1
      ? 'Image processing takes a network whose only input is a picture.'
      : isSingle
        ? undefined
        : 'Image processing takes one scale for all channels.';
  if (reason !== undefined) return renderTemplate('vnn_pre_process.no_image.c', { ...values, reason });
  const { channelDim } = images[0];
  const isInterleaved = channelDim === 0;
  return renderTemplate('vnn_pre_process.image.c', {
    ...values,
    channelDim,
    widthDim: isInterleaved ? 1 : 0,
    heightDim: isInterleaved ? 2 : 1,
    platform: isInterleaved
      ? '1; /* TensorFlow: interleaved channels */'
      : '0; /* Caffe: one plane per channel */',
  });
}

function metaLines(
  { index, port, channelDim, channels }: ImageInput,
  scales: readonly number[],
  isSingle: boolean,
): string[] {
  const target = `input_meta_tab[${index}].image`;
  const { reverseChannel, mean } = port.preprocess;
  const each = Array.from({ length: channels }, (_, channel) => channel);
  const isScaled = scales.every((scale) => scale !== 0);
  return [
    `/* @${commentText(port.lid)}:out0 */`,
    `${target}.channel_dim = ${channelDim};`,
    `${target}.preprocess[0] = VNN_PREPRO_REORDER;`,
    `${target}.preprocess[1] = VNN_PREPRO_MEAN;`,
    `${target}.preprocess[2] = ${isScaled ? 'VNN_PREPRO_SCALE' : 'VNN_PREPRO_NONE'};`,
    ...each.map(
      (channel) => `${target}.reorder[${channel}] = ${reverseChannel ? channels - 1 - channel : channel};`,
    ),
    ...each.map((channel) => `${target}.mean[${channel}] = ${floatLiteral(mean[channel] ?? 0)};`),
    ...(isSingle
      ? [`${target}.scale = ${floatLiteral(scales[0])};`]
      : each.map((channel) => `${target}.scale[${channel}] = ${floatLiteral(scales[channel])};`)),
  ];
}

/** One scale per channel; a shorter list repeats its last entry. */
function channelScales({ preprocess: { scale } }: InputPort, channels: number): number[] {
  const list = typeof scale === 'number' ? [scale] : scale;
  return Array.from({ length: channels }, (_, channel) => list[channel] ?? list.at(-1) ?? 1);
}

function imageInputs(graph: DeviceGraph, meta: InputMeta): ImageInput[] {
  const ports = new Map(meta.databases.flatMap((database) => database.ports).map((port) => [port.lid, port]));
  return graph.inputs.flatMap((id, index) => {
    const tensor = graph.tensors[id];
    const port = ports.get(layerOf(tensor));
    if (port?.category !== 'image' || tensor.size.length < 3) return [];
    const channelDim = channelDimOf(tensor, port);
    return [{ index, port, channelDim, channels: tensor.size[channelDim] }];
  });
}

function layerOf({ name }: DeviceTensor): string {
  return name.replace(/^@/, '').replace(/:[^:]*$/, '');
}

/** Where the channels went: the network's channel axis, looked up in the device's axis order. */
function channelDimOf(tensor: DeviceTensor, port: InputPort): 0 | 2 {
  const rank = tensor.size.length;
  const hasBatch = rank >= 4;
  const networkAxis = port.layout === 'nhwc' ? rank - 1 : hasBatch ? 1 : 0;
  const deviceAxis = tensor.order.length === rank ? tensor.order.indexOf(networkAxis) : networkAxis;
  return deviceAxis === rank - 1 ? 0 : 2;
}
