import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatNetwork } from '../../files/network-json.ts';
import { packageRoot } from '../../files/package-root.ts';
import { importOnnx } from '../../importers/onnx/import.ts';
import { encodeTiny } from '../../importers/onnx/testing.ts';
import { quantizedNetwork } from '../../importers/onnx/testing-quantized.ts';
import { toFloat32 } from '../../network/tensor.ts';
import { quietContext } from '../../testing/temporary.ts';
import { confinement, forkReader } from './fork.ts';
import { cutModelApart, limitsFor, lookApart, readModelApart, type ReaderProcess } from './read.ts';
import { serveReader } from './serve.ts';
import type { ReaderAnswer } from './wire.ts';

const SAMPLE = 'mobilenetv2-tiny.onnx';
const bytes = readFileSync(join(packageRoot(), 'assets/sample', SAMPLE));
const built = existsSync(join(packageRoot(), 'out/node/model-reader.mjs'));

/** A reader in this process, whose messages go through structured clones as between processes. */
function near(): ReaderProcess {
  let hear: (answer: ReaderAnswer) => void = () => undefined;
  const take = serveReader((answer) => hear(structuredClone(answer)));
  return {
    post: (request) => take(structuredClone(request)),
    onAnswer: (listener) => void (hear = listener),
    onEnd: () => undefined,
    memory: async () => undefined,
    end: () => undefined,
  };
}

describe('a model read in a process of its own', () => {
  test.each([['in this process', near], ...(built ? [['in a child', forkReader] as const] : [])] as const)(
    'is the same model, %s',
    async (_, start) => {
      const model = await readModelApart([{ name: SAMPLE, bytes }], quietContext(), start);
      const wanted = await importOnnx(bytes, { name: SAMPLE });
      expect(formatNetwork(model.network)).toBe(formatNetwork(wanted));
      expect([...model.network.coefficients.keys()]).toEqual([...wanted.coefficients.keys()]);
      for (const [layer, tensors] of wanted.coefficients) {
        for (const [name, tensor] of tensors) {
          const got = model.network.coefficient(layer, name);
          expect(got?.shape).toEqual(tensor.shape);
          expect(
            got &&
              Buffer.compare(Buffer.from(got.data.buffer), Buffer.from(toFloat32(tensor).slice().buffer)),
          ).toBe(0);
        }
      }
      expect(model.shapes.size).toBeGreaterThan(10);
    },
  );

  test('brings its quantization', async () => {
    const tiny = encodeTiny(quantizedNetwork('uint8', false, true));
    const model = await readModelApart([{ name: 'tiny.onnx', bytes: tiny }], quietContext(), near);
    expect(model.quantization?.entries.size).toBeGreaterThan(0);
  });

  test('is looked into, cut, and read as it was chosen', async () => {
    const files = [{ name: SAMPLE, bytes }];
    const facts = await lookApart(files, quietContext(), near);
    expect(facts.graph.nodes.length).toBeGreaterThan(facts.nodes);
    const last = facts.graph.nodes.findIndex(({ op }) => op === 'Gemm');
    const { key } = facts.graph.nodes[last];
    const cut = { choices: facts.choices, nodes: [key], side: 'end-before' } as const;
    const choices = await cutModelApart(files, quietContext(), near, cut);
    expect(choices.outputs).toEqual(facts.graph.tensors[last].reads);
    const model = await readModelApart(files, quietContext(), near, undefined, choices);
    expect([...model.network.layers.values()].map(({ op }) => op)).not.toContain('fullconnect');
    const nothing = cutModelApart(files, quietContext(), near, { ...cut, nodes: ['no such node'] });
    await expect(nothing).rejects.toMatchObject({ code: 'usage' });
  });

  test('that is broken gives the reader’s own sentence', async () => {
    const broken = [{ name: 'x.onnx', bytes: bytes.subarray(0, 1000) }];
    await expect(readModelApart(broken, quietContext(), near)).rejects.toMatchObject({
      code: 'file-malformed',
      place: { file: 'x.onnx' },
    });
  });

  test('stops when it is cancelled', async () => {
    const controller = new AbortController();
    const reading = readModelApart(
      [{ name: SAMPLE, bytes }],
      { ...quietContext(), signal: controller.signal },
      silent,
    );
    controller.abort();
    await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
  });
});

/** A process that never answers. */
function silent(): ReaderProcess {
  return {
    post: () => undefined,
    onAnswer: () => undefined,
    onEnd: () => undefined,
    memory: async () => 5e9,
    end: () => undefined,
  };
}

describe('a process that goes wrong', () => {
  const files = [{ name: 'evil.onnx', bytes: new Uint8Array(8) }];

  test('by taking too much memory is ended', async () => {
    await expect(readModelApart(files, quietContext(), silent)).rejects.toThrow(
      /more than 2048 MB of memory/,
    );
  });

  test('by saying nothing is ended', async () => {
    const limits = { ...limitsFor(8), memory: Infinity, silence: 300 };
    await expect(readModelApart(files, quietContext(), silent, limits)).rejects.toThrow(/without getting on/);
  });

  test('by dying is a problem of the file', async () => {
    const dying = (): ReaderProcess => ({ ...silent(), onEnd: (listener) => void setTimeout(listener, 1) });
    await expect(readModelApart(files, quietContext(), dying)).rejects.toMatchObject({
      code: 'file-unreadable',
      place: { file: 'evil.onnx' },
    });
  });
});

test.each([
  ['write', "require('fs').writeFileSync(process.argv[1] + '/x', '')"],
  ['read what is not ours', "require('fs').readFileSync('/etc/passwd')"],
  ['start a program', "require('child_process').execFileSync('true')"],
  ['start a thread', "new (require('worker_threads').Worker)('1', { eval: true })"],
])('the process may not %s', (_, code) => {
  const folder = mkdtempSync(join(tmpdir(), 'nibble-confined-'));
  const attempt = (flags: readonly string[]): string => {
    const script = `try { ${code}; console.log('did it') } catch (error) { console.log(error.code) }`;
    return execFileSync(process.execPath, [...flags, '-e', script, folder], { stdio: 'pipe' })
      .toString()
      .trim();
  };
  expect(attempt([])).toBe('did it');
  expect(attempt(confinement(256))).toBe('ERR_ACCESS_DENIED');
  rmSync(folder, { recursive: true });
});
