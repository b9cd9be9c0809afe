import type { SectionContext, Step } from '../layer.ts';
import { convolutional, deconvolutional, local } from './convolution.ts';
import { activation, batchnorm, connected, l2norm, normalization, softmax } from './dense.ts';
import { detection, gaussianYolo, passed, region, yolo } from './heads.ts';
import { byChannel, implicit, route, sam, scaleChannels, shortcut } from './join.ts';
import { avgpool, crop, pool, upsample } from './plane.ts';
import { convLstm, crnn } from './recurrent-planes.ts';
import { gated, rnn } from './recurrent.ts';
import { reorg, reorg3d } from './reorg.ts';

/** Reads one kind of section. @throws StudioError with the line of what is wrong */
export type SectionReader = (context: SectionContext) => Step;

/** Every kind of section we know, by its name in the file, the short ones included. */
export const readers: ReadonlyMap<string, SectionReader> = new Map<string, SectionReader>([
  ['activation', activation('linear')],
  ['avg', avgpool],
  ['avgpool', avgpool],
  ['batchnorm', batchnorm],
  ['connected', connected],
  ['conn', connected],
  ['control_channels', byChannel('control_channels')],
  ['conv', convolutional],
  ['conv_lstm', convLstm],
  ['convolutional', convolutional],
  ['cost', passed],
  ['crnn', crnn],
  ['crop', crop],
  ['deconv', deconvolutional],
  ['deconvolutional', deconvolutional],
  ['detection', detection],
  ['dropout', passed],
  ['empty', passed],
  ['Gaussian_yolo', gaussianYolo],
  ['gru', gated('gru')],
  ['implicit', implicit],
  ['implicit_add', implicit],
  ['implicit_mul', implicit],
  ['l2norm', l2norm],
  ['local', local],
  ['local_avg', pool('local_avgpool')],
  ['local_avgpool', pool('local_avgpool')],
  ['logistic', activation('logistic')],
  ['lrn', normalization],
  ['lstm', gated('lstm')],
  ['max', pool('maxpool')],
  ['maxpool', pool('maxpool')],
  ['normalization', normalization],
  ['region', region],
  ['reorg', reorg],
  ['reorg3d', reorg3d],
  ['reorg_old', reorg],
  ['rnn', rnn],
  ['route', route],
  ['sam', sam],
  ['scale_channels', scaleChannels],
  ['shift_channels', byChannel('shift_channels')],
  ['shortcut', shortcut],
  ['silence', passed],
  ['soft', softmax],
  ['softmax', softmax],
  ['upsample', upsample],
  ['yolo', yolo],
]);
