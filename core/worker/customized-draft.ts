import { parseYaml } from '../files/yaml-tree.ts';
import { YamlReader, yamlText } from '../files/yaml-values.ts';
import { StudioError } from '../network/errors.ts';
import type { Network } from '../network/network.ts';
import { resolveCustomized } from '../quantization/customized.ts';
import type { CustomizedDraft, CustomizedProblem, CustomizedView, FormatView } from './contract-inspect.ts';

const SECTION = 'customized_quantize_layers';

/** The types that a layer can be given, the most useful first. Bias bytes follow from the products' type. */
const FORMATS: readonly FormatView[] = [
  format('dynamic_fixed_point-i16', 'int16', 2, 8, 2),
  format('float16', 'float16', 2, 4, 2),
  format('asymmetric_affine-u8', 'uint8', 1, 4, 1),
  format('asymmetric_affine-i8', 'int8, asymmetric', 1, 4, 1),
  format('dynamic_fixed_point-i8', 'int8, fixed point', 1, 4, 1),
  format('perchannel_symmetric_affine-i8', 'int8, per channel', 1, 4, 1),
  format('symmetric_affine-i8', 'int8, symmetric', 1, 4, 1),
  format('bfloat16', 'bfloat16', 2, 4, 2),
  format('float32', 'float32', 2, 2, 4),
];

function format(
  value: string,
  label: string,
  weightBytes: number,
  biasBytes: number,
  activationBytes: number,
): FormatView {
  return { value, label, weightBytes, biasBytes, activationBytes };
}

/** Both forms of a draft. Text stays as typed; a list is spelled as NAME.quantize spells it. */
export function customizedView(network: Network, draft: CustomizedDraft, file: string): CustomizedView {
  const text = 'text' in draft ? draft.text : customizedText(draft.layers);
  return { text, ...read(network, text, file), formats: [...FORMATS] };
}

/** The list of a draft. @throws StudioError 'quantize-invalid' with the line of the first mistake */
export function checkedCustomized(
  network: Network,
  draft: CustomizedDraft,
  file: string,
): Map<string, string> {
  const { layers, problems } = customizedView(network, draft, file);
  const [first] = problems;
  if (first) throw new StudioError('quantize-invalid', first.message, { file, line: first.line });
  return new Map(Object.entries(layers));
}

function customizedText(layers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(layers).map(([key, type]) => `    ${yamlText(key)}: ${yamlText(type)}\n`);
  return lines.length === 0 ? `${SECTION}: {}\n` : `${SECTION}:\n${lines.join('')}`;
}

/** Every mistake, with its line; layers without one. */
function read(network: Network, text: string, file: string): Pick<CustomizedView, 'layers' | 'problems'> {
  const problems: CustomizedProblem[] = [];
  const layers: [string, string][] = [];
  try {
    const section = sectionOf(text, file);
    for (const [written, node] of section?.map.entries ?? []) {
      try {
        if (node.kind !== 'scalar') throw new StudioError('quantize-invalid', `"${written}" needs one type`);
        const [key] = resolveCustomized(network, new Map([[written, node.text]])).keys();
        layers.push([key, node.text]);
      } catch (error) {
        problems.push({ line: node.line, message: problemText(error, written) });
      }
    }
  } catch (error) {
    if (!(error instanceof StudioError)) throw error;
    problems.push({ line: error.place.line ?? 1, message: error.message });
  }
  // From entries: a layer may be called like a member of Object.
  return { layers: Object.fromEntries(layers), problems };
}

function problemText(error: unknown, written: string): string {
  if (!(error instanceof StudioError)) throw error;
  const text = error.message.replace(`${SECTION} names layers that the network does not have: `, 'no layer ');
  return error.place.layer === undefined ? text : `${written}: ${text}. ${error.hint ?? ''}`.trim();
}

function sectionOf(text: string, file: string): YamlReader | undefined {
  if (text.trim() === '') return undefined;
  const root = new YamlReader(
    parseYaml(text, 'quantize-invalid', file),
    'the text',
    'quantize-invalid',
    file,
  );
  for (const name of root.map.entries.keys()) {
    if (name !== SECTION) throw root.failAt(name, `"${name}" does not belong here, only ${SECTION}`);
  }
  return root.child(SECTION);
}
