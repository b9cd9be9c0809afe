import { StudioError } from '../../network/errors.ts';
import { nearestNames } from '../../network/nearest.ts';

/** The error for a tensor or node name of an option that the model does not have. */
export function unknownName(
  option: 'inputs' | 'outputs',
  wrong: string,
  known: Iterable<string>,
): StudioError {
  const near = nearestNames(wrong, known);
  const hint = near.length > 0 ? `Nearest names: ${near.map((name) => `"${name}"`).join(', ')}.` : undefined;
  const problem = `the model has no tensor or node "${wrong}"`;
  const message = hint === undefined ? problem : `${problem}. ${hint}`;
  return new StudioError('usage', `--${option}: ${problem}`, {}, hint, {
    choices: [{ option, name: wrong, message }],
  });
}
