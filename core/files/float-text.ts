/**
 * `repr(float)` of Python: the shortest decimal that reads back as the same float64, always with a point
 * or an exponent; exponents below -4 and from 16 up, with two digits at least (`1e-05`, `1e+16`).
 */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const [mantissa, exponentText] = Math.abs(value).toExponential().split('e');
  return sign + layOut(mantissa.replace('.', ''), Number(exponentText));
}

/** `json.dumps` of a Python float: like `repr`, but the special values are `NaN` and `Infinity`. */
export function jsonFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  return pythonFloat(value);
}

/** PyYAML's spelling: as `repr`, with a point before the exponent because YAML 1.1 reads `1e-05` as text. */
export function yamlFloat(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf';
  const text = pythonFloat(value);
  return text.includes('.') ? text : text.replace('e', '.0e');
}

/** Places the point in a digit string whose first digit has weight 10^exponent. */
function layOut(digits: string, exponent: number): string {
  if (exponent < -4 || exponent >= 16) return scientific(digits, exponent);
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${whole}.${digits.slice(exponent + 1) || '0'}`;
}

function scientific(digits: string, exponent: number): string {
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
  const size = String(Math.abs(exponent)).padStart(2, '0');
  return `${digits[0]}${fraction}e${exponent < 0 ? '-' : '+'}${size}`;
}

/** Parses what {@link pythonFloat} and YAML write, `inf`/`.inf`/`nan` spellings included; undefined if no number. */
export function parseFloatText(text: string): number | undefined {
  if (/^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/.test(text)) return Number(text);
  const special = /^([-+]?)\.?(inf|infinity|nan)$/i.exec(text);
  if (!special) return undefined;
  if (special[2].toLowerCase() === 'nan') return NaN;
  return special[1] === '-' ? -Infinity : Infinity;
}
