import { StudioError } from '../network/errors.ts';

/** A quantizer/qtype pair of the command line, resolved. */
export interface Scheme {
  quantizer: 'asymmetric_affine';
  /** Stored type of activations. */
  activation: 'u8' | 'i8';
  /** Stored type of weights. */
  weight: 'u8' | 'i8';
}

/** `--qtype` values each `--quantizer` can take here. */
export const VALID_QTYPES: Readonly<Record<string, readonly string[]>> = {
  asymmetric_affine: ['uint8'],
};

/** Resolves `--quantizer` and `--qtype`. Throws 'usage' with the valid values. */
export function resolveScheme(quantizer: string, qtype: string): Scheme {
  const valid = VALID_QTYPES[quantizer];
  if (!valid) {
    throw new StudioError(
      'usage',
      `quantizer "${quantizer}" is not available; valid: ${Object.keys(VALID_QTYPES).join(', ')}`,
    );
  }
  if (!valid.includes(qtype)) {
    throw new StudioError(
      'usage',
      `quantizer ${quantizer} can't use qtype "${qtype}"; valid: ${valid.join(', ')}`,
    );
  }
  return { quantizer: 'asymmetric_affine', activation: 'u8', weight: 'u8' };
}
