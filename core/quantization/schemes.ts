import { StudioError } from '../network/errors.ts';
import { parseQType, parseQuantizer, type QuantizedFormat } from '../network/number-format.ts';

/** How the tensors of a quantized layer are stored. */
export interface Scheme {
  activation: QuantizedFormat;
  /** Weights of convolutions, fully connected and transposed convolution layers. */
  weight: QuantizedFormat;
}

/** `--qtype` values each `--quantizer` can take (user guide 3.6.9, and the later tools' own). */
export const VALID_QTYPES: Readonly<Record<string, readonly string[]>> = {
  asymmetric_affine: ['uint8', 'int8'],
  dynamic_fixed_point: ['int8', 'int16'],
  symmetric_affine: ['int8'],
  perchannel_symmetric_affine: ['int8'],
  qbfloat16: ['qbfloat16'],
  bfloat16: ['bfloat16'],
  float16: ['float16'],
};

const ASYMMETRIC_I8: QuantizedFormat = { quantizer: 'asymmetric_affine', qtype: 'i8' };

/**
 * What a requested format means for a layer's activations and weights. Symmetric schemes are about weights: their
 * activations are asymmetric int8, as real tables of later tools have them. qbfloat16 writes bfloat16 entries.
 */
export function schemeOf(format: QuantizedFormat): Scheme {
  switch (format.quantizer) {
    case 'symmetric_affine':
    case 'perchannel_symmetric_affine':
      return { activation: ASYMMETRIC_I8, weight: format };
    case 'bfloat16':
    case 'qbfloat16': {
      const short: QuantizedFormat = { quantizer: 'bfloat16', qtype: 'bf16' };
      return { activation: short, weight: short };
    }
    case 'asymmetric_affine':
    case 'dynamic_fixed_point':
    case 'float16':
      return { activation: format, weight: format };
  }
}

/**
 * Resolves `--quantizer` and `--qtype`; other spellings of a valid pair (u8, asymmetric_quantized) are understood.
 * Without a qtype, a quantizer takes its first valid one.
 * @throws StudioError 'usage' with the valid values
 */
export function resolveScheme(quantizer: string, qtype?: string): Scheme {
  const name = parseQuantizer(quantizer);
  const valid = name && VALID_QTYPES[name];
  if (!valid) {
    throw new StudioError(
      'usage',
      `quantizer "${quantizer}" is not available; valid: ${Object.keys(VALID_QTYPES).join(', ')}`,
    );
  }
  const wanted = parseQType(qtype ?? valid[0]);
  const type = valid.map(parseQType).find((candidate) => candidate === wanted);
  if (!type) {
    throw new StudioError(
      'usage',
      `quantizer ${name} can't use qtype "${qtype}"; valid: ${valid.join(', ')}`,
      {},
      `Pairs: ${validPairs()}.`,
    );
  }
  return schemeOf({ quantizer: name, qtype: type });
}

/** Every valid pair on one line, for messages and help. */
export function validPairs(): string {
  return Object.entries(VALID_QTYPES)
    .flatMap(([quantizer, qtypes]) => qtypes.map((qtype) => `${quantizer} ${qtype}`))
    .join(', ');
}
