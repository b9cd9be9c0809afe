import { StudioError } from '../../network/errors.ts';
import type { ImportOptions } from '../options.ts';
import type { OperatorFamily } from '../onnx/operator.ts';
import type { Translation } from '../onnx/translate.ts';
import { DOMAIN, graphOf, type CaffeGraph } from './graph.ts';
import { pictureOf, withBatchOne } from './inputs.ts';
import { readNet } from './net.ts';
import { caffeOperators } from './ops/index.ts';
import { Scope, type NetFacts } from './scope.ts';
import { parseTextFormat } from './text-format.ts';
import { inferenceLayers } from './training.ts';
import { CaffeWeights } from './weights.ts';

const WEIGHT_FILE = /\.caffemodel$/i;

/**
 * Decodes a Caffe net (.prototxt of any generation) and the .caffemodel among the companions. Without one the
 * coefficients are made up, the same in every import.
 * @throws StudioError file-malformed, network-invalid or op-unsupported
 */
export function readCaffe(bytes: Uint8Array, options: ImportOptions): Promise<Translation> {
  return Promise.resolve().then(() => {
    const net = readNet(parseTextFormat(bytes));
    const { layers, results, notes } = inferenceLayers(net.layers);
    const sized = withBatchOne({ ...net, layers }, options);
    const file = weightFile(options);
    const graph = graphOf(sized.net, results);
    const facts: NetFacts = {
      weights: new CaffeWeights(file),
      picture: pictureOf(sized.net, options),
      lstmFork: options.caffeProto === 'lstm_caffe',
      readers: graph.readers,
    };
    return {
      graph: graph.graph,
      framework: 'caffe',
      endings: /\.prototxt$/i,
      family: familyOf(graph, facts),
      numbered: 'forward',
      // As ACUITY names them: `data_0`, `output_24`.
      ports: {
        input: (name) => ({ name }),
        output: () => ({ name: 'output' }),
      },
      notes: [...(file ? [] : [MADE_UP]), ...sized.notes, ...notes],
    };
  });
}

const MADE_UP =
  'No weights were given: the coefficients are made up, so results mean nothing. Give the .caffemodel to have real ones.';

function weightFile({ companions, weights }: ImportOptions) {
  const named = companions?.find(({ name }) => name === weights);
  if (named) return named;
  const files = (companions ?? []).filter(({ name }) => WEIGHT_FILE.test(name));
  if (files.length <= 1) return files[0];
  const names = files.map(({ name }) => name).join(', ');
  throw new StudioError('usage', `several files of weights were given: ${names}`, {}, 'Give one of them.');
}

function familyOf({ layers }: CaffeGraph, facts: NetFacts): OperatorFamily {
  const operators = Object.entries(caffeOperators).map(([type, convert]) => {
    const operator: OperatorFamily[string] = {
      convert: (node, builder) => {
        const layer = layers.get(node);
        if (!layer) throw new Error(`no layer belongs to the node "${node.name}"`);
        convert(new Scope(node, builder, layer, facts));
      },
    };
    return [`${DOMAIN}:${type}`, operator] as const;
  });
  return Object.fromEntries(operators);
}
