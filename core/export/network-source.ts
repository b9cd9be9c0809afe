import type { DeviceGraph } from '../device/graph.ts';
import { LocalArrays } from './arrays.ts';
import { connections, graphPorts, packedConnections } from './connections.ts';
import type { ConstantLayout } from './constants.ts';
import { blockComment, nodeDefinitions, shapes } from './nodes.ts';
import { loadTemplate, renderTemplate, type TemplateValues } from './template.ts';
import { constTensors, normTensors, ScaleArrays, virtualTensors } from './tensors.ts';

/** What the network's nodes are made from: code, or a packed binary. */
export type CaseKind = 'unify' | 'nbg';

/** vnn_<net>.c: builds the graph. */
export function networkSource(
  graph: DeviceGraph,
  constants: ConstantLayout,
  kind: CaseKind,
  common: TemplateValues,
): string {
  const values = kind === 'nbg' ? packedSections(graph) : codeSections(graph, constants);
  return renderTemplate('vnn_net.c', {
    ...common,
    normNum: graph.ports.length,
    inputNum: graph.inputs.length,
    outputNum: graph.outputs.length,
    graphPorts: graphPorts(graph),
    ...values,
  });
}

function codeSections(graph: DeviceGraph, constants: ConstantLayout): TemplateValues {
  const arrays = new LocalArrays(graph);
  const scales = new ScaleArrays();
  const norm = normTensors(graph, scales);
  const constant = constTensors(constants, scales);
  const inner = virtualTensors(graph, scales);
  const arrayLines = arrays.declarations();
  const nodes = nodeDefinitions(graph, arrays);
  const hasConstants = constants.constants.length > 0;
  const tensors = [...constant, ...(hasConstants && inner.length > 0 ? [''] : []), ...inner];
  const usesMath = [...nodes, ...arrayLines].some((line) => line.includes('INFINITY'));
  return {
    mathInclude: usesMath ? ['#include <math.h>'] : [],
    tensorMacros: macros([
      'norm',
      ...(hasConstants ? ['const'] : []),
      ...(inner.length > 0 ? ['virtual'] : []),
    ]),
    nodeNum: Math.max(1, graph.nodes.length),
    constNum: constants.uses,
    virtualNum: graph.nodes.reduce((count, node) => count + node.outputs.length, 0),
    scales: scales.definitions(),
    loadData: hasConstants ? templateLines('vnn_net.load_data.c') : [],
    constLocals: hasConstants
      ? ['vsi_nn_tensor_id_t const_tensor[NET_CONST_TENSOR_NUM];', 'uint8_t *data = NULL;']
      : [],
    nbgLocals: ['vsi_bool inference_with_nbg = FALSE;', 'const char *extension = NULL;'],
    arrays: arrayLines,
    nbgCheck: [
      '/* The data file may also be the whole network, packed for one kind of device. */',
      "extension = strrchr(data_file_name, '.');",
      'inference_with_nbg = extension && strcmp(extension, ".nb") == 0;',
    ],
    nodes: branch(nodes, packedNode(graph)),
    normTensors: norm,
    innerTensors: tensors.length === 0 ? [] : branch(tensors),
    connections: branch(connections(graph, constants), packedConnections(graph)),
  };
}

function packedSections(graph: DeviceGraph): TemplateValues {
  return {
    mathInclude: [],
    tensorMacros: macros(['norm']),
    nodeNum: 1,
    constNum: 0,
    virtualNum: graph.outputs.length,
    scales: [],
    loadData: [],
    constLocals: [],
    nbgLocals: [],
    arrays: [],
    nbgCheck: [],
    nodes: [
      ...blockComment([
        ['lid', 'nbg_0'],
        ['var', 'node[0]'],
        ['name', 'nbg'],
        ['operation', 'nbg'],
        ['input', shapes(graph.inputs.map((id) => graph.tensors[id]))],
        ['output', shapes(graph.outputs.map((id) => graph.tensors[id]))],
      ]),
      ...packedNode(graph),
    ],
    normTensors: normTensors(graph, new ScaleArrays()),
    innerTensors: [],
    connections: packedConnections(graph),
  };
}

function packedNode(graph: DeviceGraph): string[] {
  return [
    `NEW_VXNODE(node[0], VSI_NN_OP_NBG, ${graph.inputs.length}, ${graph.outputs.length}, 0);`,
    'node[0]->nn_param.nbg.type = VSI_NN_NBG_FILE;',
    'node[0]->nn_param.nbg.url = data_file_name;',
  ];
}

/** Lines for a network built from code, and lines for a packed one. */
function branch(code: readonly string[], packed: readonly string[] = []): string[] {
  const indent = (lines: readonly string[]): string[] =>
    lines.map((line) => (line === '' ? '' : `    ${line}`));
  const otherwise = packed.length === 0 ? [] : ['else', '{', ...indent(packed), '}'];
  return ['if (!inference_with_nbg)', '{', ...indent(code), '}', ...otherwise];
}

function macros(kinds: readonly string[]): string[] {
  return kinds.flatMap((kind, index) => [
    ...(index === 0 ? [] : ['']),
    ...templateLines(`vnn_net.${kind}_macro.c`),
  ]);
}

function templateLines(name: string): string[] {
  return loadTemplate(name).trimEnd().split('\n');
}
