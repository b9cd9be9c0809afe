import type { GraphNode } from '../../core/worker/contract.ts';

/** Families of ops; the name is also that of the colour token `--op-<id>`. */
export const CATEGORIES = [
  { id: 'io', label: 'Input, output' },
  { id: 'conv', label: 'Convolution' },
  { id: 'matrix', label: 'Matrix product' },
  { id: 'activation', label: 'Activation' },
  { id: 'norm', label: 'Normalisation' },
  { id: 'pool', label: 'Pooling, resize' },
  { id: 'math', label: 'Arithmetic' },
  { id: 'shape', label: 'Shape' },
  { id: 'recurrent', label: 'Recurrent' },
  { id: 'constant', label: 'Constant' },
  { id: 'other', label: 'Other' },
] as const;

/** Id of an op family. */
export type CategoryId = (typeof CATEGORIES)[number]['id'];

/** First match decides; ops nobody foresaw are "other". */
const PATTERNS: readonly (readonly [RegExp, CategoryId])[] = [
  [/lstm|gru|rnn|recurrent|continuation/, 'recurrent'],
  [/pool|resize|upsampl|interp|roi|proposal/, 'pool'],
  [/conv/, 'conv'],
  [/matmul|fullconnect|gemm|dense|attention/, 'matrix'],
  [/norm|moments|lrn/, 'norm'],
  [/relu|sigmoid|tanh|swish|mish|gelu|softmax|elu|hard_|clip|softplus|erf/, 'activation'],
  [
    /reshape|permute|concat|slice|split|squeeze|flatten|pad|transpose|stack|gather|depth2space|space2depth|reverse|expand|tile|shuffle|reorg|crop|cast|one_hot|quantize|dtype|dropout|noop/,
    'shape',
  ],
  [
    /add|sub|mul|div|eltwise|sqrt|exp|pow|neg|abs|log|reduce|arg|min|max|mean|sum|equal|greater|less|where|select|square|floor|round|not|and|or/,
    'math',
  ],
];

const INDEX = new Map<string, number>(CATEGORIES.map(({ id }, index) => [id, index]));
const known = new Map<string, number>();

/** The family of a node, as an index into {@link CATEGORIES}. */
export function categoryOf({ op, role }: Pick<GraphNode, 'op' | 'role'>): number {
  if (role === 'input' || role === 'output') return INDEX.get('io') ?? 0;
  if (role === 'constant') return INDEX.get('constant') ?? 0;
  // Networks have thousands of nodes and a few dozen ops.
  const before = known.get(op);
  if (before !== undefined) return before;
  const id = PATTERNS.find(([pattern]) => pattern.test(op.toLowerCase()))?.[1] ?? 'other';
  const category = INDEX.get(id) ?? 0;
  known.set(op, category);
  return category;
}
