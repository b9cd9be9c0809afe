import { real } from '../../../network/layer.ts';
import { Unsupported } from '../../onnx/builder.ts';
import type { Message } from '../message.ts';
import type { CaffeFamily, Scope } from '../scope.ts';
import { pictureSize } from './picture.ts';
import { priorBoxes } from './priors.ts';
import { product } from '../../onnx/numeric.ts';

/** SSD's default boxes: known as soon as the sizes are. */
function priorBox(scope: Scope): void {
  const [height, width] = pictureSize(scope);
  const [, , pictureHeight, pictureWidth] = scope.shape(1);
  const picture = { height: pictureHeight ?? 0, width: pictureWidth ?? 0 };
  const boxes = priorBoxes(scope, { height, width }, picture);
  scope.emit(scope.c.floats(boxes, [1, 2, boxes.length / 2]));
}

/** What a Proposal layer needs to know. */
interface Proposal {
  ratios: readonly number[];
  scales: readonly number[];
  base: number;
  stride: number;
  minSize: number;
  before: number;
  after: number;
  threshold: number;
}

/** What py-faster-rcnn uses where the net says nothing. */
const PROPOSAL: Proposal = {
  ratios: [0.5, 1, 2],
  scales: [8, 16, 32],
  base: 16,
  stride: 16,
  minSize: 16,
  before: 6000,
  after: 300,
  threshold: 0.7,
};

function listOf(given: readonly number[], fallback: readonly number[]): readonly number[] {
  return given.length > 0 ? given : fallback;
}

function proposalParameters(parameters: Message): Proposal {
  return {
    ratios: listOf(parameters.reals('ratio'), PROPOSAL.ratios),
    scales: listOf(parameters.reals('scale'), PROPOSAL.scales),
    base: parameters.int('base_size', PROPOSAL.base),
    stride: parameters.int('feat_stride', PROPOSAL.stride),
    minSize: parameters.int('min_size', PROPOSAL.minSize),
    before: parameters.int('pre_nms_topn', PROPOSAL.before),
    after: parameters.int('post_nms_topn', PROPOSAL.after),
    threshold: parameters.real('nms_thresh', PROPOSAL.threshold),
  };
}

const spelled = (values: readonly number[]): string =>
  values.map((value) => (Number.isInteger(value) ? value.toFixed(1) : String(value))).join(' ');

/** Boxes from scores and deltas of anchors. The size of the picture, `im_info`, is that of the net's input. */
function emitProposal(scope: Scope, proposal: Proposal): void {
  const { c } = scope;
  const { picture } = scope.facts;
  const { ratios, scales, after } = proposal;
  if (!picture) throw new Unsupported('a net without a picture as its input, whose size the boxes need');
  const anchors = ratios.length * scales.length;
  const [scores, deltas] = [scope.shape(), scope.shape(1)];
  const fits =
    scores[1] === 2 * anchors && deltas[1] === 4 * anchors && scores[0] === 1 && scores.length === 4;
  if (!fits || after < 1 || after > 65536)
    throw scope.invalid(`[${scores.join(',')}] and [${deltas.join(',')}] do not fit ${anchors} anchors`);
  const read = [0, 1].map((index) => c.transpose(scope.input(index), [0, 2, 3, 1]));
  const results = c.layer(
    'proposal',
    [
      ['anchor_base_size', proposal.base],
      ['anchor_ratios', spelled(ratios)],
      ['anchor_scales', spelled(scales)],
      ['feat_stride', proposal.stride],
      ['im_info', `${picture[3]} ${picture[2]} 1 1`],
      ['min_size', proposal.minSize],
      ['nms_thresh', real(proposal.threshold)],
      ['post_nms_top_n', after],
      ['pre_nms_top_n', proposal.before],
    ],
    read,
    [5, 1].map((width) => ({ shape: [after, width], type: 'float32' as const })),
  );
  results.forEach((result, index) => c.output(index, result));
}

/** The one Python layer that many nets have: py-faster-rcnn's Proposal. Others are code, which is never run. */
function python(scope: Scope): void {
  const parameters = scope.parameters('python_param');
  const layer = parameters.text('layer', '');
  if (layer !== 'ProposalLayer') {
    const name = `${parameters.text('module', '')}.${layer}`;
    throw new Unsupported(`it runs the Python code ${name}, which only its own Caffe has`);
  }
  const text = parameters.text('param_str', '') || parameters.text('param_str_', '');
  const [, stride] = /['"]?feat_stride['"]?\s*:\s*(\d{1,4})/.exec(text) ?? [];
  const [, scales] = /['"]?scales['"]?\s*:\s*[[(]([\d\s.,]{1,100})[\])]/.exec(text) ?? [];
  emitProposal(scope, {
    ...PROPOSAL,
    stride: Number(stride ?? PROPOSAL.stride),
    scales: listOf((scales ?? '').split(',').map(Number).filter((value) => value > 0), PROPOSAL.scales), // prettier-ignore
  });
}

/** Max pooling of each box to one size. */
function roiPooling(scope: Scope): void {
  const { c } = scope;
  const parameters = scope.parameters('roi_pooling_param');
  const [height, width] = ['pooled_h', 'pooled_w'].map((name) => parameters.int(name, 0));
  pictureSize(scope);
  const boxes = scope.shape(1)[0];
  const fits = product(scope.shape(1)) === boxes * 5;
  if (!fits || [height, width].some((size) => size < 1 || size > 4096))
    throw scope.invalid(`boxes [${scope.shape(1).join(',')}] to ${height} x ${width}`);
  const [pooled] = c.layer(
    'roipooling',
    [
      ['pooled_h', height],
      ['pooled_w', width],
      ['spatial_scale', real(parameters.real('spatial_scale', 1))],
    ],
    [c.transpose(scope.input(), [0, 2, 3, 1]), c.reshape(scope.input(1), [boxes, 5])],
    [{ shape: [boxes, height, width, scope.shape()[1]], type: 'float32' }],
  );
  scope.emit(c.transpose(pooled, [0, 3, 1, 2]));
}

/** Layers of SSD and Faster R-CNN. */
export const detection: CaffeFamily = {
  PriorBox: priorBox,
  Proposal: (scope) => emitProposal(scope, proposalParameters(scope.parameters('proposal_param'))),
  Python: python,
  ROIPooling: roiPooling,
};
