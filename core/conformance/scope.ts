import type { ProtoModel, ProtoNode } from '../importers/onnx/schema.ts';
import type { ConformanceCase } from './case.ts';

/** Operators that are not inference on tensors, by reason. */
const OUTSIDE: Readonly<Record<string, readonly string[]>> = {
  random: [
    'RandomNormal',
    'RandomNormalLike',
    'RandomUniform',
    'RandomUniformLike',
    'Bernoulli',
    'Multinomial',
  ],
  training: ['Adagrad', 'Adam', 'Momentum', 'Gradient', 'GraphCall'],
  string: [
    'StringConcat',
    'StringSplit',
    'StringNormalizer',
    'RegexFullMatch',
    'TfIdfVectorizer',
    'LabelEncoder',
  ],
  sequence: [
    'SequenceAt', 'SequenceConstruct', 'SequenceEmpty', 'SequenceErase', 'SequenceInsert', 'SequenceLength',
    'SequenceMap', 'SplitToSequence', 'ConcatFromSequence',
  ], // prettier-ignore
  optional: ['Optional', 'OptionalGetElement', 'OptionalHasElement'],
  'pictures in files': ['ImageDecoder'],
};

const outsideOps = new Map(
  Object.entries(OUTSIDE).flatMap(([reason, ops]) => ops.map((op) => [op, reason] as const)),
);

const STRING = 8;
const COMPLEX = new Set([14, 15]);

/** Why a case is not about inference on numeric tensors, or undefined when it is. */
export function outOfScope({ model, sets }: ConformanceCase): string | undefined {
  const ports = [...(model.graph?.input ?? []), ...(model.graph?.output ?? [])];
  const foreign = ports.find(({ type }) => !type?.tensorType);
  if (foreign) return `"${foreign.name}" is a sequence, map or optional`;
  if (ports.some(({ type }) => type?.tensorType?.elemType === STRING)) return 'string tensors';
  if (ports.some(({ type }) => COMPLEX.has(type?.tensorType?.elemType ?? 0))) return 'complex tensors';
  for (const node of model.graph?.node ?? []) {
    const reason = outsideNode(node, model);
    if (reason !== undefined) return reason;
  }
  if (sets.length === 0) return 'no test data';
  return sets.some((set) => [...set.inputs, ...set.outputs].includes(undefined))
    ? 'data that is not tensors'
    : undefined;
}

function outsideNode(node: ProtoNode, model: ProtoModel): string | undefined {
  const reason = outsideOps.get(node.opType);
  if (reason !== undefined) return `${reason} operator ${node.opType}`;
  if (node.domain === 'ai.onnx.ml') return `classical machine learning operator ${node.opType}`;
  if (node.domain.startsWith('ai.onnx.preview.training')) return `training operator ${node.opType}`;
  const flag = node.attribute.find(({ name }) => name === 'training_mode');
  if (flag && Number(flag.i) !== 0) return `${node.opType} in training mode`;
  return node.opType === 'Dropout' && trainsDropout(node, model) ? 'Dropout in training mode' : undefined;
}

/** The third input of Dropout says whether it drops; the official cases name it `t` and always set it. */
function trainsDropout(node: ProtoNode, model: ProtoModel): boolean {
  const name = node.input[2] ?? '';
  if (name === '') return false;
  return !model.graph?.initializer.some((tensor) => tensor.name === name && tensor.rawData[0] === 0);
}
