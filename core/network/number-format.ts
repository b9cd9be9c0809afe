import { clipped } from './clip.ts';
import { StudioError } from './errors.ts';
import type { QType, Quantizer } from './quantize-table.ts';

/** A quantizer and the type it stores. */
export interface QuantizedFormat {
  quantizer: Quantizer;
  qtype: QType;
}

/** How a tensor is to be stored: a quantizer with its type, or unquantized. */
export type NumberFormat = QuantizedFormat | 'float32';

/** The quantizer and type without a separator, as the names of dtype_converter layers spell them. */
export function formatName(format: NumberFormat): string {
  return format === 'float32' ? format : `${format.quantizer}${format.qtype}`;
}

/** Whether two tensors are stored in the same way but for their parameters. */
export function sameFormat(a: NumberFormat, b: NumberFormat): boolean {
  return formatName(a) === formatName(b);
}

const quantizers = new Map<string, Quantizer>([
  ['asymmetric_affine', 'asymmetric_affine'],
  ['asymmetric_quantized', 'asymmetric_affine'],
  ['dynamic_fixed_point', 'dynamic_fixed_point'],
  ['symmetric_affine', 'symmetric_affine'],
  ['perchannel_symmetric_affine', 'perchannel_symmetric_affine'],
  ['bfloat16', 'bfloat16'],
  ['qbfloat16', 'qbfloat16'],
  ['float16', 'float16'],
]);

const qtypes = new Map<string, QType>([
  ['u8', 'u8'],
  ['uint8', 'u8'],
  ['i8', 'i8'],
  ['int8', 'i8'],
  ['8', 'i8'],
  ['i16', 'i16'],
  ['int16', 'i16'],
  ['16', 'i16'],
  ['i32', 'i32'],
  ['int32', 'i32'],
  ['i64', 'i64'],
  ['int64', 'i64'],
  ['bf16', 'bf16'],
  ['bfloat16', 'bf16'],
  ['qbfloat16', 'bf16'],
  ['f16', 'f16'],
  ['fp16', 'f16'],
  ['float16', 'f16'],
]);

const implied = new Map<Quantizer, QType>([
  ['asymmetric_affine', 'u8'],
  ['symmetric_affine', 'i8'],
  ['perchannel_symmetric_affine', 'i8'],
  ['bfloat16', 'bf16'],
  ['qbfloat16', 'bf16'],
  ['float16', 'f16'],
]);

/** The quantizer behind a name, old spellings included (`asymmetric_quantized`); undefined when unknown. */
export function parseQuantizer(name: string): Quantizer | undefined {
  return quantizers.get(name);
}

/** The stored type behind a name (`u8`, `uint8`, `16`, ...); undefined when unknown. */
export function parseQType(name: string): QType | undefined {
  return qtypes.get(name);
}

/** The type a quantizer has when none is named; undefined for dynamic_fixed_point, which has no default. */
export function defaultQType(quantizer: Quantizer): QType | undefined {
  return implied.get(quantizer);
}

/**
 * Understands a value of `customized_quantize_layers` or the command line in all its spellings:
 * `dynamic_fixed_point-i16`, `dynamic_fixed_point-16`, `asymmetric_quantized-u8`, `float32`.
 * @throws StudioError 'quantize-invalid'
 */
export function parseNumberFormat(text: string): NumberFormat {
  if (text === 'float32' || text === 'float') return 'float32';
  const dash = text.lastIndexOf('-');
  const quantizer = parseQuantizer(dash < 0 ? text : text.slice(0, dash));
  const qtype = quantizer && (dash < 0 ? defaultQType(quantizer) : parseQType(text.slice(dash + 1)));
  if (quantizer && qtype) return { quantizer, qtype };
  throw new StudioError(
    'quantize-invalid',
    `"${clipped(text, 60)}" is no quantized type`,
    {},
    'Use a type like asymmetric_affine-u8, dynamic_fixed_point-i16 or float32.',
  );
}
