import { basename, dirname, extname, resolve } from 'node:path';
import type { DeviceGraph } from '../device/graph.ts';
import { OVXLIB_VERSION } from '../device/vocabulary.ts';
import {
  caseFiles,
  packedCaseFiles,
  PACKED_FILE,
  vipliteCaseFiles,
  type CaseFiles,
} from '../export/case-files.ts';
import type { Golden } from '../export/self-test.ts';
import { fusedGraph } from '../export/fused-graph.ts';
import { caseNames } from '../export/names.ts';
import { verifyCase } from '../export/verify.ts';
import { writeCase } from '../export/write-case.ts';
import { StudioError } from '../network/errors.ts';
import type { InputMeta } from '../network/input-meta.ts';
import type { Plan } from '../postprocess/plan.ts';
import { packNetwork } from '../packing/write.ts';
import { resolveOptimize, type OptimizeTarget } from '../targets/optimize.ts';
import { warnAboutChip } from './chip-warnings.ts';
import type { JobContext } from './context.ts';
import { exportGraph } from './export-graph.ts';
import { exportOptions, isPacking, type ExportOptions } from './export-options.ts';
import { goldenSamples } from './golden.ts';
import { loadInputMeta, loadNetwork, loadQuantizeTable } from './load.ts';
import { findVendorSdk, packWithVendorSdk } from './vendor-nbg.ts';

export { exportOvxlibOptions } from './export-options.ts';

/** Files of one folder. */
export interface ExportedFolder {
  folder: string;
  /** File names in `folder`. */
  files: string[];
}

/** What an export wrote: the unify case, and the folder around the packed network where one was asked for. */
export interface ExportResult extends ExportedFolder {
  packed?: ExportedFolder & { kind: 'unify' | 'viplite'; packer: 'vendor' | 'simulator' };
}

/** `pegasus export ovxlib`: network (+ table) → C case code, and a packed network. */
export async function exportOvxlibJob(options: unknown, context: JobContext): Promise<ExportResult> {
  const given = exportOptions(options, context);
  const target = await resolveOptimize(given.optimize);
  const sdk = packingSdk(given, target, context);
  context.progress(0, 'reading the network');
  const network = await loadNetwork(given.model, given.modelData, context);
  const meta = await loadInputMeta(given.withInputMeta, network, context);
  const table =
    given.dtype === 'quantized'
      ? await loadQuantizeTable(given.modelQuantize, given.model, context)
      : undefined;
  warnAboutChip({ ...given, table }, context);
  context.log('I', 'Start exporting ovxlib case...');
  context.progress(0.3, 'lowering to ovxlib');
  const { graph, steps, batch } = await exportGraph(given, { network, meta, table }, context);
  const golden = given.selfTest ? await goldenSamples(network, graph, meta, batch, context) : undefined;
  const work: ExportWork = { ...placeOf(given), given, graph, meta, target, sdk, golden, steps };
  const unify = caseFiles(graph, meta, {
    name: work.name,
    ideProject: given.targetIdeProject,
    golden,
    steps,
  });
  if (given.saveFusedGraph) unify.set(caseNames(work.name).fused, fusedGraph(graph));
  context.progress(0.5, isPacking(given) ? 'packing the network' : 'writing the case');
  const packed = isPacking(given) ? await packedFolder(work, unify, context) : undefined;
  await writeAll(work.folder, unify, context);
  if (packed) await writeAll(packed.folder, packed.content, context);
  context.log('I', `Export ovxlib case with version ${OVXLIB_VERSION}`);
  context.progress(1, 'exported');
  const result = { folder: work.folder, files: [...unify.keys()] };
  if (!packed) return result;
  const { content, ...described } = packed;
  return { ...result, packed: { ...described, files: [...content.keys()] } };
}

/** Everything an export is about. */
interface ExportWork {
  folder: string;
  name: string;
  given: ExportOptions;
  graph: DeviceGraph;
  meta: InputMeta;
  target: OptimizeTarget;
  /** Where to pack for the device; undefined = pack for the simulator. */
  sdk: string | undefined;
  golden: Golden | undefined;
  /** What the program makes of the outputs. */
  steps: readonly Plan[];
}

function placeOf({ outputPath, model }: ExportOptions): { folder: string; name: string } {
  const path = outputPath ?? basename(model, extname(model)).replace(/\.quantize$/, '');
  return { folder: dirname(path), name: basename(path) };
}

/** The vendor SDK to pack with. Says so where there is none. */
function packingSdk(given: ExportOptions, target: OptimizeTarget, context: JobContext): string | undefined {
  if (!isPacking(given)) return undefined;
  if (!target.isChosen) {
    throw new StudioError(
      'usage',
      'packing needs --optimize with a device or a configuration file',
      {},
      'A311D: --optimize VIPNANOQI_PID0X88.',
    );
  }
  const sdk = given.vivSdk === undefined ? undefined : findVendorSdk(given.vivSdk);
  if (sdk !== undefined) return sdk;
  const reason = given.vivSdk === undefined ? 'without --viv-sdk' : `${given.vivSdk} does not exist, so`;
  context.log(
    'W',
    `${reason} ${PACKED_FILE} is packed in our own format: it runs in the simulator only, no NPU driver takes it`,
  );
  return undefined;
}

/** The folder beside the output folder, as the vendor's scripts expect it: `../NAME_nbg_unify`. */
async function packedFolder(
  work: ExportWork,
  unify: CaseFiles,
  context: JobContext,
): Promise<Omit<NonNullable<ExportResult['packed']>, 'files'> & { content: CaseFiles }> {
  const { given, graph, meta, name, sdk, target, steps } = work;
  const kind = given.packNbgUnify ? 'unify' : 'viplite';
  // One node is the whole network there: its layers can't be told apart.
  const golden = work.golden && { ...work.golden, layers: [] };
  const options = { name, ideProject: given.targetIdeProject, golden, steps };
  const content =
    kind === 'unify' ? packedCaseFiles(graph, meta, options) : vipliteCaseFiles(graph, meta, options);
  context.log('I', 'Packing data ...');
  content.set(
    PACKED_FILE,
    sdk === undefined
      ? packNetwork(graph, target.pid)
      : await packWithVendorSdk({ ...target, sdk, name, graph, files: unify }, context),
  );
  const base = /^\.\.?$/.test(basename(work.folder)) ? resolve(work.folder) : work.folder;
  return {
    folder: `${base}_nbg_${kind}`,
    kind,
    packer: sdk === undefined ? 'simulator' : 'vendor',
    content,
  };
}

/** Writes a folder and looks at what was written. */
async function writeAll(folder: string, files: CaseFiles, context: JobContext): Promise<void> {
  await writeCase(folder, files, context.signal);
  await verifyCase(folder, files);
  for (const file of files.keys()) context.log('I', `Save ${file} to ${folder}`);
}
