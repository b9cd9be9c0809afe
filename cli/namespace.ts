import type { OptionSpec } from '../core/jobs/options.ts';
import type { Arguments } from './arguments.ts';

/**
 * The line every command of the vendor's tool begins with: all options as Python prints them, sorted by name. `which`
 * is the command, and a member of that name holds the sub-command: `Namespace(import='onnx', ..., which='import')`.
 */
export function namespaceLine(name: string, specs: readonly OptionSpec[], values: Arguments): string {
  const [which, sub] = name.split(' ');
  const members = specs.map((spec): [string, string] => [
    spec.name.replaceAll('-', '_'),
    pythonText(values.get(spec.name) ?? (spec.kind === 'flag' ? false : spec.fallback)),
  ]);
  if (sub !== undefined) members.push([which, pythonText(sub)]);
  members.push(['which', pythonText(which)]);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `Namespace(${members.map((member) => member.join('=')).join(', ')})`;
}

/** A value as Python's repr. */
function pythonText(value: string | number | boolean | undefined): string {
  if (value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  const escaped = value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\t', '\\t');
  return `${quote}${quote === "'" ? escaped.replaceAll("'", "\\'") : escaped}${quote}`;
}
