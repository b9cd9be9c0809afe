import { describe, expect, test } from 'vitest';
import { failure } from '../onnx/testing.ts';
import { zip } from '../../testing/zip.ts';
import { importerOf } from '../registry.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const latin1 = (value: string): Uint8Array => Uint8Array.from(Buffer.from(value, 'latin1'));

/** BINUNICODE of a text. */
const unicode = (value: string): string => {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(value.length);
  return `X${length.toString('latin1')}${value}`;
};

/** A module of class `__torch__.M` with these attributes, each as its opcodes. */
const pickled = (attributes: Record<string, string> = {}): Uint8Array => {
  const items = Object.entries(attributes).map(([name, value]) => unicode(name) + value);
  return latin1(`\x80\x02c__torch__\nM\nq\x00)\x81}(${items.join('')}ub.`);
};

const archive = (code: string, data = pickled(), more: Record<string, Uint8Array> = {}): Uint8Array =>
  zip(
    Object.entries({ 'data.pkl': data, 'code/__torch__.py': text(code), ...more }).map(([name, bytes]) => ({
      name: `m/${name}`,
      data: bytes,
    })),
  );

const forward = (...lines: string[]): string =>
  ['class M(Module):', '  def forward(self: __torch__.M,', '    x: Tensor) -> Tensor:', ...lines.map((line) => `    ${line}`), ''].join('\n'); // prettier-ignore

const imported = (bytes: Uint8Array) =>
  importerOf('pytorch').import(bytes, { name: 'm.pt', inputSizes: [[2, 3]], sizesWithBatch: [true] });

const problem = async (bytes: Uint8Array): Promise<string> => (await failure(imported(bytes))).toString();

test('the smallest program is imported', async () => {
  const network = await imported(archive(forward('return torch.relu(x)')));
  expect([...network.layers.values()].map(({ op }) => op)).toEqual(['output', 'relu', 'input']);
});

describe('pickles', () => {
  test.each([
    ['a call of os.system', 'cposix\nsystem\n(X\x02\x00\x00\x00idtR.', /asks to run "posix.system".*holds only modules/],
    ['builtins', 'cbuiltins\neval\n.', /asks to run "builtins.eval"/],
    ['a class outside of the archive', 'ctorch.nn\nModule\n)\x81.', /asks to run "torch.nn.Module"/],
    ['a reference to nothing', 'X\x01\x00\x00\x00aQ.', /a reference that is no tuple/],
    ['a negative size', 'ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x04tQK\x00(J\xff\xff\xff\xfft(K\x01t\x89NtR.', /a size that is no whole number/],
    ['an operation of protocol 0', "S'x'\n.", /asks to run the operation STRING/],
    ['an integer without end', `\x8a\xff${'\x01'.repeat(255)}.`, /more than 64 bits/],
    ['nothing', '', /cut off/],
  ])('%s is refused', async (_, opcodes, message) => {
    const bytes = archive(forward('return x'), latin1(`\x80\x02${opcodes}`));
    expect(await problem(bytes)).toMatch(message);
  }); // prettier-ignore

  const tensor = (count: string, shape: string, strides: string): string =>
    `ctorch._utils\n_rebuild_tensor_v2\n((${unicode('storage')}ctorch\nFloatStorage\n${unicode('0')}${unicode('cpu')}${count}tQK\x00(${shape}t(${strides}t\x89NtR`;

  test('a tensor larger than its storage is refused, and one that repeats it too often', async () => {
    const code = forward('return torch.add(x, self.w)').replace('(Module):\n', '(Module):\n  w : Tensor\n');
    const of = (value: string): Uint8Array =>
      archive(code, pickled({ w: value }), { 'data/0': new Uint8Array(16) });
    expect(await problem(of(tensor('K\x04', 'K\x02K\x03', 'K\x03K\x01')))).toMatch(
      /reaches beyond its 4 elements/,
    );
    const wide = 'J\x00\x00\x00\x10';
    expect(await problem(of(tensor('K\x04', wide, 'K\x00')))).toMatch(/lies on only 4 elements/);
    const huge = 'J\xff\xff\xff\x7f';
    expect(await problem(of(tensor(huge, huge + huge, 'K\x00K\x00')))).toMatch(/too large/);
  });

  test('a module that contains itself is read, and its recursion refused', async () => {
    const own = pickled({ child: 'h\x00)\x81' });
    expect(own.length).toBeGreaterThan(0);
    const code = forward('return (self).forward(x, )');
    expect(await problem(archive(code))).toMatch(
      /"forward" is called more than 100 levels deep: a recursion/,
    );
    // The object is in the memo before it gets its state, and in its state.
    const loop = latin1(`\x80\x02c__torch__\nM\n)\x81q\x01}(${unicode('child')}h\x01ub.`);
    const nested = forward('child = self.child', 'return (child).forward(x, )');
    expect(await problem(archive(nested, loop))).toMatch(/levels deep: a recursion/);
  });

  test('lists in lists without end are refused', async () => {
    const deep = pickled({ w: `${']'.repeat(10_000)}${'a'.repeat(9_999)}` });
    expect(await problem(archive(forward('y = self.w', 'return x'), deep))).toMatch(
      /nest deeper than 50 levels/,
    );
  });
});

describe('programs', () => {
  const parentheses = `${'('.repeat(10_000)}x${')'.repeat(10_000)}`;
  const calls = `${'torch.relu('.repeat(10_000)}x${')'.repeat(10_000)}`;
  const blocks = Array.from({ length: 300 }, (_, i) => `${'  '.repeat(i)}if True:`);
  test.each<[string, string[], RegExp]>([
    ['10,000 parentheses', [`return ${parentheses}`], /nests deeper than 200 levels/],
    ['10,000 calls', [`return ${calls}`], /nests deeper than 200 levels/],
    ['10,000 signs', [`return ${'-'.repeat(10_000)}x`], /nests deeper than 200 levels/],
    ['300 blocks', [...blocks, `${'  '.repeat(300)}pass`, 'return x'], /nests deeper than 200 levels/],
    ['a loop without end', ['while True:', '  y = 1', 'return x'], /takes more than \d+ steps/],
    ['a network without end', ['while True:', '  x = torch.relu(x)', 'return x'], /calls more than 100000 operators/],
    ['a text that doubles', ['s = "ab"', 'for i in range(64):', '  s = torch.add(s, s)', 'return x'], /a text of more than a million/],
    ['a list that doubles', ['s = [1]', 'for i in range(64):', '  s = torch.add(s, s)', 'return x'], /a list of more than a million/],
    ['a power beyond 64 bits', ['y = torch.pow(2, 100000000)', 'return x'], /a power beyond 64 bits/],
    ['constants without end', ['while True:', '  y = torch.zeros([4096, 4096])', 'return x'], /more constants than a network has/],
    ['a huge constant', ['y = torch.zeros([1000000, 1000000])', 'return torch.add(x, y)'], /too large/],
    ['an unknown name', ['return __torch__.nothing.f(x, )'], /holds no code of __torch__.nothing.f/],
    ['an unknown attribute', ['return self.nothing'], /has no "nothing"/],
    ['an assignment to a call', ['f(x) = 1', 'return x'], /can not be assigned to/],
    ['a text without end', ['y = "abc', 'return x'], /a text has no end/],
    ['a block that is left early', ['if True:', 'return x'], /a block is empty/],
    ['a condition on the input', ['if torch.gt(torch.sum(x), 0):', '  y = x', 'else:', '  y = torch.neg(x)', 'return y'], /a condition depends on the numbers of the input/],
    ['what the program raises', ['ops.prim.RaiseException("AssertionError: no", "builtins.ValueError")', 'return x'], /the program refuses these inputs: ValueError: AssertionError: no/],
  ])('%s', async (_, lines, message) => {
    expect(await problem(archive(forward(...lines)))).toMatch(message);
  }, 120_000); // prettier-ignore

  test('unsupported operators are told all at once', async () => {
    const lines = [
      'y = torch.bernoulli(x)',
      'z = ops.mine.special(y, 3)',
      'return torch.add(z, torch.rand_like(x))',
    ];
    const message = await problem(archive(forward(...lines)));
    for (const part of [
      /aten::bernoulli: .*random/,
      /mine::special, 1 node \("special"\)/,
      /aten::rand_like: /,
    ])
      expect(message).toMatch(part);
  });
});

describe('other files', () => {
  test('a state_dict or a pickled module says how to trace', async () => {
    const file = zip([
      { name: 'model/data.pkl', data: latin1('\x80\x02}q\x00.') },
      { name: 'model/version', data: text('3\n') },
    ]);
    expect(await problem(file)).toMatch(
      /made by torch.save .* torch.jit.trace\(model.eval\(\), example_input\)/,
    );
    const legacy = latin1('\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.');
    expect(await problem(legacy)).toMatch(/old format of torch.save/);
    expect(await problem(latin1('\x80\x04N.'))).toMatch(/a bare pickle/);
  });

  test('anything else is no model', async () => {
    expect(await problem(text('hello'))).toMatch(/not a PyTorch model/);
    expect(await problem(zip([{ name: 'a/b', data: text('c') }]))).toMatch(/neither data.pkl nor model.json/);
  });

  const described = (file: string, value: unknown): Uint8Array =>
    zip([{ name: `m/${file}`, data: text(typeof value === 'string' ? value : JSON.stringify(value)) }]);

  test('archives of PyTorch 1.0 are checked', async () => {
    const legacy = (value: unknown): Promise<string> => problem(described('model.json', value));
    expect(await legacy('{')).toMatch(/a model.json that is no JSON/);
    expect(await legacy({ tensors: [{ dims: ['-1'] }] })).toMatch(/a model.json without what it should have/);
    expect(await legacy({ mainModule: { name: 'm' } })).toMatch(/no forward method/);
    let inner: object = { name: 'm' };
    for (let depth = 0; depth < 200; depth++) inner = { name: 'm', submodules: [inner] };
    expect(await legacy({ mainModule: inner })).toMatch(/modules that nest deeper than 60 levels/);
  });

  const exported = (nodes: unknown[]): Uint8Array =>
    described('models/model.json', {
      graph_module: {
        graph: { nodes, tensor_values: { x: { dtype: 7, sizes: [{ as_int: 2 }, { as_int: 3 }] } } },
        signature: {
          input_specs: [{ user_input: { arg: { as_tensor: { name: 'x' } } } }],
          output_specs: [{ user_output: { arg: { as_tensor: { name: 'y' } } } }],
        },
      },
    });
  const step = (target: string, arg: unknown): object => ({
    target,
    inputs: [{ name: 'self', arg, kind: 1 }],
    outputs: [{ as_tensor: { name: 'y' } }],
  });

  test('programs of torch.export are checked', async () => {
    const good = step('torch.ops.aten.relu.default', { as_tensor: { name: 'x' } });
    expect((await imported(exported([good]))).layers.size).toBe(3);
    const missing = step('torch.ops.aten.relu.default', { as_tensor: { name: '__proto__' } });
    expect(await problem(exported([missing]))).toMatch(/"__proto__" is read before it is there/);
    const branch = step('torch.ops.higher_order.cond', { as_graph: {} });
    expect(await problem(exported([branch]))).toMatch(/an argument of the kind "as_graph"/);
    const other = step('torch.ops.mine.special.default', { as_tensor: { name: 'x' } });
    expect(await problem(exported([other]))).toMatch(/mine::special, 1 node/);
    expect(await problem(described('models/model.json', '[]'))).toMatch(/not a program of torch.export/);
    const old = zip([{ name: 'serialized_exported_program.json', data: text('{}') }]);
    expect(await problem(old)).toMatch(/the format before PyTorch 2.7/);
  });

  test('an entry that unpacks to more than it can is refused', async () => {
    const bomb = zip([
      { name: 'm/data.pkl', data: new Uint8Array(100), deflate: true, claimed: 2 ** 31 },
      { name: 'm/constants.pkl', data: pickled() },
    ]);
    expect(await problem(bomb)).toMatch(/"m\/data.pkl" says that it unpacks to/);
  });
});
