import type { Draft } from '../../onnx/draft.ts';
import { Unsupported } from '../../onnx/builder.ts';
import { axesBetween } from '../shape.ts';
import type { CaffeFamily, Scope } from '../scope.ts';
import { pictureSize } from './picture.ts';

/** Most numbers of a matrix that resizes one axis: 4096 to 4096. */
const MOST_WEIGHTS = 2 ** 24;

/** SegNet's with two inputs puts values back to where a pooling found them; YOLO's with one repeats them. */
function upsample(scope: Scope): void {
  const parameters = scope.parameters('upsample_param');
  const size = pictureSize(scope);
  if (scope.inputs.length > 1) return unpool(scope, size);
  const both = parameters.int('scale', 1);
  const factors = [parameters.int('scale_h', both), parameters.int('scale_w', both)];
  if (factors.some((factor) => factor < 1 || factor > 4096))
    throw scope.invalid(`scale is ${factors.join(' x ')}`);
  if (factors.every((factor) => factor === 1)) return scope.emit(scope.input());
  scope.main('Resize', [scope.input(), '', scope.c.floats([1, 1, ...factors])], {
    mode: 'nearest',
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  });
}

/** The pooling whose second output a tensor is. */
function poolingOf(scope: Scope, index: number): Draft | undefined {
  const draft = scope.builder.values.get(scope.node.inputs[index])?.ref.draft;
  return draft?.op === 'poolwithargmax' ? draft : undefined;
}

function unpool(scope: Scope, size: readonly number[]): void {
  const parameters = scope.parameters('upsample_param');
  const pooling = poolingOf(scope, 1);
  if (!pooling)
    throw new Unsupported('places that no pooling of the net gives, or one of windows that overlap');
  const both = parameters.int('scale', 2);
  const factors = ['h', 'w'].map((side) => parameters.int(`scale_${side}`, both));
  const natural = size.map((dim, i) => {
    const side = i === 0 ? 'h' : 'w';
    return dim * factors[i] - Number(parameters.flag(`pad_out_${side}`, false));
  });
  const wanted = ['h', 'w'].map((side, i) => parameters.int(`upsample_${side}`, natural[i]));
  const kernel = ['ksize_h', 'ksize_w'].map((name) => Number(pooling.parameters.get(name)));
  const fits = wanted.every((dim, i) => Math.ceil(dim / kernel[i]) === size[i]);
  if (!fits)
    throw new Unsupported(`a size of ${wanted.join(' x ')}, which its pooling can not have had as its input`);
  const square = kernel[0] === kernel[1];
  const [placed] = scope.nhwcLayer({
    op: 'upsample',
    parameters: [
      ['pad_h', false],
      ['pad_w', false],
      ['scale', square ? kernel[0] : 0],
      ['scale_h', square ? 0 : kernel[0]],
      ['scale_w', square ? 0 : kernel[1]],
      ['upsample_h', wanted[0]],
      ['upsample_w', wanted[1]],
    ],
    inputs: [scope.input(), scope.input(1)],
    size: wanted,
  });
  scope.emit(placed);
}

/** Bilinear, corners on corners; negative padding cuts before. */
function interp(scope: Scope): void {
  const { c } = scope;
  const parameters = scope.parameters('interp_param');
  const size = pictureSize(scope);
  const [before, behind] = ['pad_beg', 'pad_end'].map((name) => parameters.int(name, 0));
  const kept = size.map((dim) => dim + before + behind);
  if (before > 0 || behind > 0 || kept.some((dim) => dim < 1))
    throw scope.invalid(`pad_beg ${before} and pad_end ${behind} do not cut ${size.join(' x ')}`);
  const wanted = interpSize(scope, kept);
  // An axis is resized by a matrix.
  if (wanted.some((dim, i) => dim < 1 || dim * kept[i] > MOST_WEIGHTS))
    throw scope.invalid(`it can not make ${wanted.join(' x ')} of ${kept.join(' x ')}`);
  const cut = kept.reduce((all, dim, i) => c.slice(all, 2 + i, -before, dim), scope.input());
  if (wanted.join() === kept.join()) return scope.emit(cut);
  const sizes = c.ints([...scope.shape().slice(0, 2), ...wanted]);
  scope.main('Resize', [cut, '', '', sizes], {
    mode: 'linear',
    coordinate_transformation_mode: 'align_corners',
  });
}

function interpSize(scope: Scope, kept: readonly number[]): number[] {
  const parameters = scope.parameters('interp_param');
  const [zooms, shrinks] = ['zoom_factor', 'shrink_factor'].map((name) => parameters.has(name));
  const [zoom, shrink] = ['zoom_factor', 'shrink_factor'].map((name) => parameters.int(name, 1));
  if (zoom < 1 || shrink < 1) throw scope.invalid(`zoom_factor is ${zoom}, shrink_factor ${shrink}`);
  const given = parameters.has('height') && parameters.has('width');
  if (given && zooms === shrinks) return [parameters.int('height', 0), parameters.int('width', 0)];
  if (!zooms && !shrinks) throw scope.invalid('it says neither the size nor a factor');
  return kept.map((dim) => {
    const small = Math.floor((dim - 1) / shrink) + 1;
    return small + (small - 1) * (zoom - 1);
  });
}

/** Darknet's reorg: blocks of pixels become channels, in the order its memory happens to have; or back. */
function reorg(scope: Scope): void {
  const { c } = scope;
  const parameters = scope.parameters('reorg_param');
  const stride = parameters.int('stride', 0);
  const [height, width] = pictureSize(scope);
  const [batch, channels] = scope.shape();
  const depth = channels / (stride * stride);
  if (stride < 1 || !Number.isInteger(depth))
    throw scope.invalid(`${channels} channels do not divide by stride ${stride} squared`);
  if (parameters.flag('reverse', false)) {
    const parts = c.reshape(scope.input(), [batch, stride, stride, depth, height, width]);
    const turned = c.transpose(parts, [0, 3, 4, 1, 5, 2]);
    return scope.main('Reshape', [turned, c.ints([batch, depth, height * stride, width * stride])]);
  }
  if (height % stride !== 0 || width % stride !== 0)
    throw scope.invalid(`${height} x ${width} do not divide by stride ${stride}`);
  const parts = c.reshape(scope.input(), [batch, depth, height, stride, width, stride]);
  const turned = c.transpose(parts, [0, 3, 5, 1, 2, 4]);
  const shape = [batch, channels * stride * stride, height / stride, width / stride];
  scope.main('Reshape', [turned, c.ints(shape)]);
}

/** ShuffleNet's: channels as [group, channels / group] are transposed. */
function shuffleChannel(scope: Scope): void {
  const { c } = scope;
  const groups = scope.parameters('shuffle_channel_param').int('group', 1);
  const [batch, channels, ...spatial] = scope.shape();
  if (groups < 1 || channels % groups !== 0) throw scope.invalid(`${channels} channels in ${groups} groups`);
  const parts = c.reshape(scope.input(), [batch, groups, channels / groups, ...spatial]);
  const perm = [0, 2, 1, ...axesBetween(3, spatial.length + 3)];
  const turned = c.transpose(parts, perm);
  scope.main('Reshape', [turned, c.ints([batch, channels, ...spatial])]);
}

/** Layers of forks that change the size of pictures or trade pixels for channels. */
export const resizing: CaffeFamily = {
  Upsample: upsample,
  Interp: interp,
  Reorg: reorg,
  ShuffleChannel: shuffleChannel,
};
