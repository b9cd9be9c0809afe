import { Real, type ParameterValue } from '../network/layer.ts';

/** Longest parameter text the inspector gets; nobody reads more. */
const MAX_VALUE = 400;

/** A parameter as the network file would spell it, cut where it gets endless. */
export function formatValue(value: ParameterValue): string {
  const spelled = spell(value);
  return spelled.length > MAX_VALUE ? `${spelled.slice(0, MAX_VALUE)}…` : spelled;
}

function spell(value: ParameterValue): string {
  if (value instanceof Real) return Number.isInteger(value.value) ? `${value.value}.0` : String(value.value);
  if (Array.isArray(value)) return `[${value.map(spell).join(', ')}]`;
  return String(value);
}
