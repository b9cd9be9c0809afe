import { Unsupported } from '../../onnx/builder.ts';
import { DataSized } from '../../onnx/data-sized.ts';
import { torchOperator, type TorchComposer, type TorchOperator } from '../operator.ts';

/** Rows of [index of the picture, x1, y1, x2, y2]. */
function roiAlign(c: TorchComposer): string {
  const [x, rois] = ['input', 'rois'].map((name) => c.float(c.tensor(name)));
  const count = c.shape(rois)[0];
  const pictures = c.cast(c.reshape(c.slice(rois, 1, 0, 1), [count]), 'int64');
  return c.main('RoiAlign', [x, c.slice(rois, 1, 1, 4), pictures], {
    output_height: c.int('pooled_height'),
    output_width: c.int('pooled_width'),
    sampling_ratio: Math.max(0, c.int('sampling_ratio', 0)),
    spatial_scale: c.number('spatial_scale', 1),
    coordinate_transformation_mode: c.flag('aligned') ? 'half_pixel' : 'output_half_pixel',
  });
}

function deformConv(c: TorchComposer): string {
  const [x, weight, offset] = ['input', 'weight', 'offset'].map((name) => c.float(c.tensor(name)));
  const pair = (h: string, w: string): number[] => [c.int(h, 1), c.int(w, 1)];
  const padding = pair('pad_h', 'pad_w');
  const bias = c.given('bias') ? c.float(c.tensor('bias')) : c.floats(new Float32Array(c.shape(weight)[0]));
  const mask = c.flag('use_mask') ? [c.float(c.tensor('mask'))] : [];
  return c.main('DeformConv', [x, weight, offset, bias, ...mask], {
    kernel_shape: c.shape(weight).slice(2),
    strides: pair('stride_h', 'stride_w'),
    pads: [...padding, ...padding],
    dilations: pair('dilation_h', 'dilation_w'),
    group: c.int('n_weight_grps', 1),
    offset_group: c.int('n_offset_grps', 1),
  });
}

/** Operators of torchvision. */
export const vision: Readonly<Record<string, TorchOperator>> = {
  'torchvision::nms': torchOperator('dets scores iou_threshold', () => {
    throw new DataSized();
  }),
  'torchvision::roi_align': torchOperator(
    'input rois spatial_scale pooled_height pooled_width sampling_ratio aligned',
    roiAlign,
  ),
  'torchvision::roi_pool': torchOperator('input rois spatial_scale pooled_height pooled_width', () => {
    throw new Unsupported('maxima over windows whose place the input tells');
  }),
  'torchvision::deform_conv2d': torchOperator(
    'input weight offset mask bias stride_h stride_w pad_h pad_w dilation_h dilation_w n_weight_grps n_offset_grps use_mask',
    deformConv,
  ),
};
