import { createHash } from 'node:crypto';
import type { DeviceGraph } from '../device/graph.ts';
import { OVXLIB_VERSION } from '../device/vocabulary.ts';
import { packageVersion } from '../files/package-root.ts';
import type { InputMeta } from '../network/input-meta.ts';
import type { Plan } from '../postprocess/plan.ts';
import { commentText } from './c-text.ts';
import { constantFile, placeConstants } from './constants.ts';
import { caseNames } from './names.ts';
import { nbgMeta } from './nbg-meta.ts';
import { networkSource, type CaseKind } from './network-source.ts';
import { postProcessFiles } from './post-process.ts';
import { portFormat, preProcessFiles } from './pre-process.ts';
import { selfTestFiles, selfTestSections, type Golden } from './self-test.ts';
import { renderTemplate, type TemplateValues } from './template.ts';

/** What the case code is written for. */
export interface CaseOptions {
  /** Output name: files and functions are named after it. */
  name: string;
  /** Which project files to add: VivanteIDE's, or none. */
  ideProject?: 'linux64' | 'win32' | 'none';
  /** What the program makes of the outputs, bound to the graph's output tensors (`deviceOutputs`). */
  steps?: readonly Plan[];
  /** Tool name and version of the banners; ours by default. */
  tool?: string;
  /** Adds a self test with these golden values. */
  golden?: Golden | undefined;
}

/** Files of one folder by name. */
export type CaseFiles = Map<string, string | Uint8Array>;

/** A project whose C code builds the network and whose data file holds its constants ("unify"). */
export function caseFiles(graph: DeviceGraph, meta: InputMeta, options: CaseOptions): CaseFiles {
  const constants = placeConstants(graph);
  const files = projectFiles(graph, meta, options, 'unify', (common) =>
    networkSource(graph, constants, 'unify', common),
  );
  files.set(caseNames(options.name).data, constantFile(constants));
  return files;
}

/** Name of the packed network in the folders that need one. */
export const PACKED_FILE = 'network_binary.nb';

/** The same project around a network packed into `network_binary.nb` ("nbg_unify"), without that file. */
export function packedCaseFiles(graph: DeviceGraph, meta: InputMeta, options: CaseOptions): CaseFiles {
  const constants = placeConstants({ ...graph, nodes: [] });
  const files = projectFiles(graph, meta, options, 'nbg', (common) =>
    networkSource(graph, constants, 'nbg', common),
  );
  return files.set('nbg_meta.json', nbgMeta(graph, portFormat(graph, meta)));
}

/** A host program for the VIPLite driver around the same packed network ("nbg_viplite"), without that file. */
export function vipliteCaseFiles(graph: DeviceGraph, meta: InputMeta, options: CaseOptions): CaseFiles {
  const port = (side: string) => (id: number, index: number) => {
    const { name, size, type } = graph.tensors[id];
    return ` * ${side} ${index}: ${commentText(name)}, ${type} [${size.join(', ')}]`;
  };
  const values: TemplateValues = {
    ...commonValues(options, 'viplite'),
    portLines: [...graph.inputs.map(port('input')), ...graph.outputs.map(port('output'))],
    inputNum: graph.inputs.length,
    outputNum: graph.outputs.length,
  };
  return new Map<string, string | Uint8Array>([
    ['main.c', renderTemplate('viplite_main.c', values)],
    ['makefile.linux', renderTemplate('viplite_makefile.linux', values)],
    ['nbg_meta.json', nbgMeta(graph, portFormat(graph, meta))],
  ]);
}

function projectFiles(
  graph: DeviceGraph,
  meta: InputMeta,
  options: CaseOptions,
  kind: CaseKind,
  source: (common: TemplateValues) => string,
): CaseFiles {
  const names = commonValues(options, kind);
  const { file } = caseNames(options.name);
  const post = postProcessFiles(options.steps ?? [], names);
  const selfTest = options.golden ? selfTestFiles(graph, options.golden, names) : new Map<string, string>();
  const extra = [...post.map(([name]) => name), ...selfTest.keys()].filter(isExtraSource);
  const item = (tag: string, suffix: string): string[] =>
    extra.filter((name) => name.endsWith(suffix)).map((name) => `<${tag} Include="${name}" />`);
  const common: TemplateValues = {
    ...names,
    extraBuildItems: extra.map((name) => `"${name}",`),
    extraSourceItems: item('ClCompile', '.c'),
    extraHeaderItems: item('ClInclude', '.h'),
  };
  const template = (name: string, target = name): [string, string] => [target, renderTemplate(name, common)];
  return new Map<string, string | Uint8Array>([
    template('BUILD'),
    template('makefile.linux'),
    ['main.c', renderTemplate('main.c', { ...common, ...selfTestSections(common, options.golden) })],
    template('vnn_global.h'),
    [`vnn_${file}.c`, source(common)],
    template('vnn_net.h', `vnn_${file}.h`),
    ...preProcessFiles(graph, meta, common),
    ...post,
    ...selfTest,
    ...ideFiles(options.ideProject ?? 'linux64').map(([name, target]) =>
      template(name, target.replace('*', file)),
    ),
  ]);
}

/** Sources that the project files do not list anyway. */
function isExtraSource(name: string): boolean {
  return /\.[ch]$/.test(name) && !/^vnn_(pre|post)_process/.test(name);
}

function commonValues(options: CaseOptions, kind: string): TemplateValues {
  const { file, suffix, guard } = caseNames(options.name);
  const [major, minor, patch] = OVXLIB_VERSION.split('.');
  return {
    tool: commentText(options.tool ?? `Nibble Studio ${packageVersion()}`),
    ovxlib: OVXLIB_VERSION,
    name: commentText(options.name),
    file,
    suffix,
    guard,
    major,
    minor,
    patch,
    guid: projectGuid(`${kind} ${file}`),
  };
}

function ideFiles(project: 'linux64' | 'win32' | 'none'): [string, string][] {
  if (project === 'none') return [];
  const visualStudio: [string, string] = ['net.vcxproj', '*.vcxproj'];
  if (project === 'win32') return [visualStudio];
  return [visualStudio, ['project.xml', '.project'], ['cproject.xml', '.cproject']];
}

/** A project needs a GUID; derived from its name, the same export gives the same bytes. */
function projectGuid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex').toUpperCase();
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}
