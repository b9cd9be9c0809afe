import { splitTensor, type SourceNode } from './source.ts';
import { constOf, isConst } from './graph.ts';

const CONVOLUTIONS: ReadonlyMap<string, string> = new Map([
  ['Conv2D', 'DilatedConv'],
  ['DepthwiseConv2dNative', 'DilatedDepthwise'],
]);

/** Operators on single pixels, which do the same to a picture in parts. */
const POINTWISE = new Set(['BiasAdd', 'Relu', 'Relu6', 'Identity']);
const MAX_POINTWISE = 8;

/**
 * Convolutions between SpaceToBatchND and BatchToSpaceND, which is how dilated ones were written, become single nodes:
 * x, weight, block shape, paddings, crops.
 */
export function joinDilated(nodes: readonly SourceNode[]): SourceNode[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const uses = new Map<string, number>();
  for (const { inputs } of nodes) for (const tensor of inputs) uses.set(tensor, (uses.get(tensor) ?? 0) + 1);
  const replaced = new Map<string, SourceNode>();
  for (const gather of nodes) {
    if (gather.op !== 'BatchToSpaceND') continue;
    const convolution = convolutionBehind(gather.inputs[0] ?? '', byName, uses);
    const scatter = byName.get(convolution?.inputs[0] ?? '');
    if (!convolution || scatter?.op !== 'SpaceToBatchND') continue;
    const [x, block, paddings] = scatter.inputs;
    const [parts, ownBlock, crops] = gather.inputs;
    if (!sameNumbers(byName.get(block ?? ''), byName.get(ownBlock ?? ''))) continue;
    const op = CONVOLUTIONS.get(convolution.op) ?? convolution.op;
    replaced.set(convolution.name, {
      ...convolution,
      op,
      inputs: [x, convolution.inputs[1], block, paddings, crops],
    });
    replaced.set(gather.name, { ...gather, op: 'Identity', inputs: [parts] });
  }
  return nodes.map((node) => replaced.get(node.name) ?? node);
}

/** The convolution whose result reaches a tensor through operators on single pixels only, read by nobody else. */
function convolutionBehind(
  tensor: string,
  byName: ReadonlyMap<string, SourceNode>,
  uses: ReadonlyMap<string, number>,
): SourceNode | undefined {
  let name = tensor;
  for (let i = 0; i <= MAX_POINTWISE; i++) {
    const node = byName.get(splitTensor(name).node);
    if (!node || uses.get(name) !== 1) return undefined;
    if (CONVOLUTIONS.has(node.op)) return node;
    if (!POINTWISE.has(node.op)) return undefined;
    name = node.inputs[0] ?? '';
  }
  return undefined;
}

function sameNumbers(a: SourceNode | undefined, b: SourceNode | undefined): boolean {
  if (!a || !b) return false;
  return a === b || (isConst(a) && isConst(b) && constOf(a).data.join() === constOf(b).data.join());
}
