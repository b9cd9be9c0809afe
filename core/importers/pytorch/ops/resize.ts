import type { Attributes } from '../../onnx/compose.ts';
import { torchOperator, type TorchComposer, type TorchOperator } from '../operator.ts';

/** How pixels are placed, in ONNX's words. */
interface Style {
  mode: 'nearest' | 'linear' | 'cubic';
  coordinates: string;
  attributes?: Record<string, number | string>;
}

/** Scales count when they are what the caller gave: the size then follows from them, rounded down. */
function resized(c: TorchComposer, spatial: number, { mode, coordinates, attributes }: Style): string {
  const x = c.float(c.tensor('input'));
  const shape = c.shape(x);
  if (shape.length !== spatial + 2) throw c.invalid(`the input has rank ${shape.length}`);
  const sizes = c.numbers('output_size');
  const scales = scalesOf(c, spatial);
  const style = { mode, coordinate_transformation_mode: coordinates, ...attributes };
  // Corners that meet depend on sizes only.
  const whole = coordinates === 'align_corners' && scales && !sizes;
  if (whole)
    return resizedTo(
      c,
      x,
      shape.slice(2).map((dim, i) => Math.floor(dim * scales[i])),
      style,
    );
  if (scales && (!sizes || fits(shape.slice(2), sizes, scales)))
    return c.main('Resize', [x, '', c.floats([1, 1, ...scales])], style);
  if (!sizes) throw c.invalid('neither a size nor scales are given');
  return resizedTo(c, x, sizes, style);
}

function resizedTo(c: TorchComposer, x: string, sizes: readonly number[], style: Attributes): string {
  return c.main('Resize', [x, '', '', c.ints([...c.shape(x).slice(0, 2), ...sizes])], style);
}

const fits = (from: readonly number[], to: readonly number[], scales: readonly number[]): boolean =>
  to.every((size, i) => Math.floor(from[i] * scales[i]) === size);

/** Names of the numbers that older overloads have in place of the list. */
const scaleNames = (spatial: number): string[] => Array.from({ length: spatial }, (_, i) => `scale${i}`);

/** The scales: a list in newer files, a number per axis in older ones. */
function scalesOf(c: TorchComposer, spatial: number): number[] | undefined {
  if (Array.isArray(c.argument('scale0'))) return c.numbers('scale0');
  const names = scaleNames(spatial);
  return names.every((name) => c.given(name)) ? names.map((name) => c.number(name)) : undefined;
}

function nearest(spatial: number, exact: boolean): TorchOperator {
  const style: Style = exact
    ? { mode: 'nearest', coordinates: 'half_pixel', attributes: { nearest_mode: 'round_prefer_ceil' } }
    : { mode: 'nearest', coordinates: 'asymmetric', attributes: { nearest_mode: 'floor' } };
  const signature = ['input', 'output_size', ...scaleNames(spatial)].join(' ');
  return torchOperator(signature, (c) => resized(c, spatial, style));
}

function smooth(spatial: number, mode: 'linear' | 'cubic', more: Record<string, number> = {}): TorchOperator {
  const signature = ['input', 'output_size', 'align_corners', ...scaleNames(spatial)].join(' ');
  return torchOperator(signature, (c) => {
    const coordinates = c.flag('align_corners') ? 'align_corners' : 'half_pixel';
    return resized(c, spatial, { mode, coordinates, attributes: more });
  });
}

function gridSample(c: TorchComposer): string {
  const [x, grid] = ['input', 'grid'].map((name) => c.float(c.tensor(name)));
  return c.main('GridSample', [x, grid], {
    mode: ['linear', 'nearest', 'cubic'][c.int('interpolation_mode', 0)],
    padding_mode: ['zeros', 'border', 'reflection'][c.int('padding_mode', 0)],
    align_corners: Number(c.flag('align_corners')),
  });
}

const CUBIC = { cubic_coeff_a: -0.75 };
/** Neighbours outside of the picture take no part. */
const SMOOTHED = { antialias: 1, exclude_outside: 1 };

/** Operators that change the size of pictures, and sampling at computed places. */
export const resizes: Readonly<Record<string, TorchOperator>> = {
  'aten::upsample_nearest1d': nearest(1, false),
  'aten::upsample_nearest2d': nearest(2, false),
  'aten::upsample_nearest3d': nearest(3, false),
  'aten::_upsample_nearest_exact1d': nearest(1, true),
  'aten::_upsample_nearest_exact2d': nearest(2, true),
  'aten::_upsample_nearest_exact3d': nearest(3, true),
  'aten::upsample_linear1d': smooth(1, 'linear'),
  'aten::upsample_bilinear2d': smooth(2, 'linear'),
  'aten::upsample_trilinear3d': smooth(3, 'linear'),
  'aten::upsample_bicubic2d': smooth(2, 'cubic', CUBIC),
  'aten::_upsample_bilinear2d_aa': smooth(2, 'linear', SMOOTHED),
  'aten::_upsample_bicubic2d_aa': smooth(2, 'cubic', { ...SMOOTHED, cubic_coeff_a: -0.5 }),
  'aten::grid_sampler': torchOperator('input grid interpolation_mode padding_mode align_corners', gridSample),
  'aten::grid_sampler_2d': torchOperator(
    'input grid interpolation_mode padding_mode align_corners',
    gridSample,
  ),
  'aten::affine_grid_generator': torchOperator('theta size align_corners', (c) =>
    c.main('AffineGrid', [c.float(c.tensor('theta')), c.ints(c.integers('size'))], {
      align_corners: Number(c.flag('align_corners')),
    }),
  ),
};
