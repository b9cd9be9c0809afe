/** One row of the table: options of `pegasus quantize --rebuild`. */
export interface Variant {
  scheme: string;
  algorithm: string;
  options: Readonly<Record<string, unknown>>;
}

/** Quantizer and type; `full` = also with the options that change weights and biases. */
const INTEGERS = [
  { quantizer: 'asymmetric_affine', qtype: 'uint8', full: true },
  { quantizer: 'dynamic_fixed_point', qtype: 'int8', full: true },
  { quantizer: 'dynamic_fixed_point', qtype: 'int16', full: false },
  { quantizer: 'perchannel_symmetric_affine', qtype: 'int8', full: false },
  { quantizer: 'symmetric_affine', qtype: 'int8', full: false },
] as const;

const FLOATS = ['bfloat16', 'float16'] as const;

const ALGORITHMS = ['normal', 'moving_average', 'kl_divergence', 'percentile', 'mse'] as const;

const ADDITIONS: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ['normal + equalization', { crossLayerEqualization: true }],
  ['normal + MLE', { MLE: true }],
  [
    'kl_divergence + equalization + MLE',
    { algorithm: 'kl_divergence', crossLayerEqualization: true, MLE: true },
  ],
];

/** Every scheme with every way to choose its numbers. */
export const variants: readonly Variant[] = [
  ...INTEGERS.flatMap(({ quantizer, qtype, full }) => {
    const scheme = `${quantizer} ${qtype}`;
    const base = { quantizer, qtype, rebuild: true };
    return [
      ...ALGORITHMS.map((algorithm) => ({ scheme, algorithm, options: { ...base, algorithm } })),
      ...(full ? ADDITIONS : []).map(([algorithm, more]) => ({
        scheme,
        algorithm,
        options: { ...base, ...more },
      })),
    ];
  }),
  ...FLOATS.map((quantizer) => ({
    scheme: quantizer,
    algorithm: '-',
    options: { quantizer, rebuild: true },
  })),
];
