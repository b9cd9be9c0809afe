import { yamlText } from '../files/yaml-values.ts';
import type { Kind } from './settings.ts';

/** A parameter as it is written. */
export type DraftValue = number | boolean | string | readonly number[] | readonly (readonly number[])[];

/** A step to be written, parameters in their order. */
export interface StepDraft {
  kind: Kind;
  lids: string[];
  parameters: Record<string, DraftValue>;
}

/** What `generate postprocess-file` writes. */
export interface PostProcessDraft {
  /** Key and rank of each output. */
  outputs: { lid: string; rank: number }[];
  steps: StepDraft[];
}

const header = [
  '# "acuity_postprocs" allowed types: "classification_validate, detection_validate, dump_results, print_topn, classification_classic, mute_built_in_actions"',
  'postprocess:',
  '  acuity_postprocs:',
  '    print_topn:',
  '      topn: 5',
  '    dump_results:',
  '      file_type: TENSOR',
  '    # mute_built_in_actions: true',
];

const ownHeader = [
  '  # Of Nibble Studio: C and printed results for each output. The toolkit does not know this section.',
  '  nibble_postprocs:',
];

/** The text of NAME_postprocess_file.yml, the vendor's sections as 6.12 writes them. */
export function formatPostProcess({ outputs, steps }: PostProcessDraft): string {
  const app = outputs.flatMap(({ lid, rank }) => [
    `  - lid: ${yamlText(lid)}`,
    '    postproc_params:',
    '      add_postproc_node: false',
    ...(rank === 0 ? [] : ['      perm:']),
    ...Array.from({ length: rank }, (_, axis) => `      - ${axis}`),
    '      force_float32: true',
  ]);
  const own = steps.flatMap(({ kind, lids, parameters }) => [
    `  - kind: ${kind}`,
    '    lids:',
    ...lids.map((lid) => `    - ${yamlText(lid)}`),
    '    parameters:',
    ...Object.entries(parameters).map(([key, value]) => `      ${key}: ${valueText(value)}`),
  ]);
  const lines = [
    ...header,
    '  app_postprocs:',
    ...app,
    ...(steps.length === 0 ? [] : [...ownHeader, ...own]),
  ];
  return `${lines.join('\n')}\n`;
}

function valueText(value: DraftValue): string {
  if (typeof value === 'string') return yamlText(value);
  if (typeof value !== 'object') return String(value);
  return `[${value.map((item) => (typeof item === 'object' ? `[${item.join(', ')}]` : item)).join(', ')}]`;
}
