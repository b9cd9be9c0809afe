import type { Chip } from '../targets/chips.ts';
import type { Scheme } from './schemes.ts';

/**
 * What a chip's NN cores can't do of a scheme, and what to use instead: one sentence each. Such layers still run, on
 * the slow shader cores.
 */
export function chipProblems({ activation, weight }: Scheme, chip: Chip): string[] {
  const name = `the ${chip.chips[0]} (PID ${chip.pid})`;
  const { types } = chip;
  const problems: string[] = [];
  if (weight.quantizer === 'perchannel_symmetric_affine' && types.perChannel !== true) {
    problems.push(
      types.perChannel === false
        ? `${name} has no per-channel quantization, only PID 0XE8 does: use asymmetric_affine uint8, with --cross-layer-equalization for depthwise networks`
        : `whether ${name} has per-channel quantization is not known: asymmetric_affine uint8 is safe`,
    );
  } else if (
    activation.quantizer === 'asymmetric_affine' &&
    activation.qtype === 'i8' &&
    !types.asymmetricInt8
  ) {
    problems.push(`the NN cores of ${name} have no asymmetric int8: use asymmetric_affine uint8`);
  }
  if (activation.qtype === 'i16' && !types.int16) {
    problems.push(`the NN cores of ${name} have no int16: use asymmetric_affine uint8`);
  }
  if (activation.qtype === 'bf16' && !types.bfloat16) {
    problems.push(`the NN cores of ${name} have no bfloat16: use asymmetric_affine uint8`);
  }
  if (activation.qtype === 'f16' && !types.float16) {
    problems.push(`the NN cores of ${name} have no float16: use asymmetric_affine uint8`);
  }
  return problems;
}
