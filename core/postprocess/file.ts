import { readTextOf, writeFileAtomic } from '../files/atomic.ts';
import { parseYaml } from '../files/yaml-tree.ts';
import { YamlReader } from '../files/yaml-values.ts';
import { StudioError } from '../network/errors.ts';
import type { AcuityActions, AppPostProcess, PostProcess, StepDescription } from './description.ts';
import { formatPostProcess, type PostProcessDraft } from './file-text.ts';
import { Parameters } from './parameters.ts';
import { settingsOf, type Kind } from './settings.ts';

const CODE = 'postprocess-invalid';

/** Reads NAME_postprocess_file.yml. @throws StudioError as {@link parsePostProcess}, 'file-missing', ... */
export async function readPostProcessFile(path: string): Promise<PostProcess> {
  return parsePostProcess(await readTextOf(path), path);
}

/** Writes NAME_postprocess_file.yml. @throws StudioError 'file-unwritable' */
export async function writePostProcessFile(path: string, draft: PostProcessDraft): Promise<void> {
  await writeFileAtomic(path, formatPostProcess(draft));
}

/**
 * Reads a post-processing description. Unknown sections are ignored as the vendor's tool does; `python` is refused,
 * because nothing here runs Python.
 * @throws StudioError 'postprocess-invalid' with the line
 */
export function parsePostProcess(text: string, file?: string): PostProcess {
  const root = new YamlReader(parseYaml(text, CODE, file), 'the file', CODE, file);
  if (!root.has('postprocess')) throw new StudioError(CODE, 'there is no "postprocess"', { file });
  const post = root.child('postprocess');
  return {
    acuity: acuityOf(post?.child('acuity_postprocs')),
    app: (post?.children('app_postprocs') ?? []).map(appOf),
    steps: (post?.children('nibble_postprocs') ?? []).map(stepOf),
  };
}

function acuityOf(reader: YamlReader | undefined): AcuityActions {
  if (reader?.has('python'))
    throw reader.failAt('python', '"python" is not available: there is no Python here');
  const validate = reader?.has('classification_validate')
    ? { topn: countOf(optionalChild(reader, 'classification_validate'), 5) }
    : undefined;
  const dump = reader && optionalChild(reader, 'dump_results');
  const fileType = dump?.text('file_type', 'TENSOR') ?? 'TENSOR';
  if (dump && fileType.toUpperCase() !== 'TENSOR')
    throw dump.failAt('file_type', `"file_type" is "${fileType}", only TENSOR is available`);
  return {
    topn: reader?.has('print_topn') ? countOf(optionalChild(reader, 'print_topn'), 5) : undefined,
    dumpResults: isOn(reader, 'dump_results'),
    classificationClassic: isOn(reader, 'classification_classic'),
    classificationValidate: validate,
    detectionValidate: isOn(reader, 'detection_validate'),
    muteBuiltIn: reader?.has('mute_built_in_actions') ? reader.flag('mute_built_in_actions', true) : false,
  };
}

/** An action is on when it is there, unless it says false. */
function isOn(reader: YamlReader | undefined, key: string): boolean {
  if (!reader?.has(key)) return false;
  return reader.node(key)?.kind === 'map' || reader.flag(key, true);
}

/** The parameters of an action; it may be a bare word. */
function optionalChild(reader: YamlReader, key: string): YamlReader | undefined {
  return reader.node(key)?.kind === 'map' ? reader.child(key) : undefined;
}

function countOf(reader: YamlReader | undefined, fallback: number): number {
  const topn = reader?.integers('topn')?.[0] ?? fallback;
  if (reader && (topn < 1 || topn > 100_000)) throw reader.failAt('topn', '"topn" must be from 1 to 100000');
  return topn;
}

function appOf(reader: YamlReader): AppPostProcess {
  const lid = reader.text('lid', undefined);
  if (lid === undefined) throw reader.failAt('lid', '"lid" is missing: the key of the output layer');
  const params = reader.child('postproc_params');
  const perm = params?.integers('perm');
  if (perm?.toSorted((a, b) => a - b).some((axis, index) => axis !== index))
    throw params?.failAt('perm', '"perm" must name each axis once') ?? new Error('unreachable');
  return {
    lid,
    addNode: params?.flag('add_postproc_node', false) ?? false,
    perm,
    forceFloat32: params?.flag('force_float32', true) ?? true,
  };
}

function stepOf(reader: YamlReader): StepDescription {
  const name = reader.text('kind', undefined);
  const kinds = Object.keys(settingsOf) as Kind[];
  const kind = kinds.find((item) => item === name);
  if (kind === undefined)
    throw reader.failAt(
      'kind',
      `"kind" is ${name === undefined ? 'missing' : `"${name}"`}, expected one of ${kinds.join(', ')}`,
    );
  const lids = reader.texts('lids');
  if (lids.length === 0) throw reader.failAt('lids', '"lids" is missing: the keys of the output layers');
  const parameters = new Parameters(reader.child('parameters'), reader);
  const settings = settingsOf[kind](parameters);
  parameters.finish();
  return { lids, settings };
}
