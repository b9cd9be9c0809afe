import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  encodeTensorFile,
  encodeTiny,
  ints,
  type TinyModel,
  type TinyTensor,
} from '../importers/onnx/testing.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { findCases } from './case.ts';
import { runPool } from './pool.ts';
import { formatReport, makeReport } from './report.ts';
import { runCase } from './run-case.ts';

const root = temporaryFolder();

function writeCase(name: string, model: TinyModel, inputs: TinyTensor[], outputs: TinyTensor[]): string {
  const folder = join(root, name);
  const set = join(folder, 'test_data_set_0');
  mkdirSync(set, { recursive: true });
  writeFileSync(join(folder, 'model.onnx'), encodeTiny(model));
  inputs.forEach((tensor, i) => writeFileSync(join(set, `input_${i}.pb`), encodeTensorFile(tensor)));
  outputs.forEach((tensor, i) => writeFileSync(join(set, `output_${i}.pb`), encodeTensorFile(tensor)));
  return folder;
}

const one = (op: string, inputs: string[] = ['x']): TinyModel => ({
  inputs: Object.fromEntries(inputs.map((name) => [name, ['n']])),
  nodes: [{ op, inputs, outputs: ['y'] }],
  outputs: ['y'],
});

const row = (...data: number[]): TinyTensor => ({ dims: [1, data.length], data });

describe('one case', () => {
  it('passes', async () => {
    const folder = writeCase('relu', one('Relu'), [row(-1, 2)], [row(0, 2)]);
    expect(await runCase(folder)).toMatchObject({ name: 'relu', op: 'Relu', outcome: 'pass' });
  });

  it('fails on numbers and shapes, saying which', async () => {
    const numbers = writeCase('numbers', one('Relu'), [row(-1, 2)], [row(0, 3)]);
    expect(await runCase(numbers)).toMatchObject({
      outcome: 'fail',
      reason: 'output 0: element 1 is 2 instead of 3 (1 of 2 differ)',
    });
    const shape = writeCase('shape', one('Relu'), [row(-1, 2)], [{ dims: [2], data: [0, 2] }]);
    expect((await runCase(shape)).reason).toBe('output 0: shape [1,2] instead of [2]');
  });

  it('compares the boxes of a list that the device fills up', async () => {
    const boxes = { dims: [1, 3, 4], data: [0, 0, 1, 1, 0, 0, 1, 0.9, 0, 2, 1, 3] };
    const scores = { dims: [1, 1, 3], data: [0.5, 0.9, 0.7] };
    const model: TinyModel = {
      inputs: { boxes: boxes.dims, scores: scores.dims },
      constants: { most: ints(3), overlap: { dims: [1], data: [0.5] } },
      nodes: [{ op: 'NonMaxSuppression', inputs: ['boxes', 'scores', 'most', 'overlap'], outputs: ['y'] }],
      outputs: ['y'],
      types: { y: 'int64' },
    };
    const kept: TinyTensor = { dims: [2, 3], data: [0, 0, 1, 0, 0, 2], type: 'int64' };
    expect(await runCase(writeCase('nms', model, [boxes, scores], [kept]))).toMatchObject({
      outcome: 'pass',
    });
    const other = { ...kept, data: [0, 0, 0, 0, 0, 2] };
    const wrong = await runCase(writeCase('nms_wrong', model, [boxes, scores], [other]));
    expect(wrong).toMatchObject({ outcome: 'fail' });
  });

  it('is unsupported or out of scope, with the reason', async () => {
    const unknown = writeCase('unknown', one('NoSuchThing'), [row(1)], [row(1)]);
    expect(await runCase(unknown)).toMatchObject({ outcome: 'unsupported' });
    const random = writeCase('random', one('Bernoulli'), [row(1)], [row(1)]);
    expect(await runCase(random)).toMatchObject({
      outcome: 'out-of-scope',
      reason: 'random operator Bernoulli',
    });
  });

  it('stores operands that have to be constants', async () => {
    const folder = writeCase(
      'reshape',
      one('Reshape', ['x', 's']),
      [row(1, 2), ints(2, 1)],
      [{ dims: [2, 1], data: [1, 2] }],
    );
    expect(await runCase(folder)).toMatchObject({ outcome: 'pass', constantOperands: ['s'] });
  });

  it('fails when its files are broken', async () => {
    const folder = writeCase('broken', one('Relu'), [row(1)], [row(1)]);
    writeFileSync(join(folder, 'model.onnx'), 'nothing of the kind');
    expect(await runCase(folder)).toMatchObject({ op: '?', outcome: 'fail' });
  });
});

describe('many cases', () => {
  let script = '';
  beforeAll(() => {
    script = join(root, 'child.cjs');
    writeFileSync(
      script,
      `process.on('message', (folder) => {
        if (folder === 'hang') for (;;);
        if (folder === 'crash') process.abort();
        process.send({ name: folder, op: 'Op', outcome: 'pass', milliseconds: 1 });
      });`,
    );
  });

  it('survive a hang and a crash', async () => {
    const folders = ['a', 'hang', 'b', 'crash', 'c'];
    const results = await runPool(folders, {
      script,
      limit: 1000,
      processes: 1,
      lost: (name, reason) => ({ name, outcome: 'fail', reason }),
    });
    expect(results.map(({ name }) => name)).toEqual(folders);
    expect(results.map(({ outcome }) => outcome)).toEqual(['pass', 'fail', 'pass', 'fail', 'pass']);
    expect(results[1].reason).toBe('hang: not done after 1000 ms');
    expect(results[3].reason).toMatch(/^crash: the process ended with/);
  });

  it('are found by name', () => {
    writeCase('found_1', one('Relu'), [], []);
    writeCase('found_2', one('Relu'), [], []);
    expect(findCases(root, 'found_2')).toEqual([join(root, 'found_2')]);
    expect(findCases(join(root, 'found_1'))).toHaveLength(1);
    expect(() => findCases(join(root, 'nowhere'))).toThrow(/no such folder/);
  });

  it('are added up', () => {
    const report = makeReport('cases', [
      { name: 'a', op: 'Relu', outcome: 'pass', milliseconds: 1, constantOperands: ['s'] },
      { name: 'b', op: 'Relu', outcome: 'fail', reason: 'wrong', milliseconds: 1 },
      { name: 'c', op: 'Adam', outcome: 'out-of-scope', reason: 'training', milliseconds: 1 },
      { name: 'd', op: 'Abs', outcome: 'unsupported', reason: 'no', milliseconds: 1 },
    ]);
    expect(report).toMatchObject({
      schema_version: 1,
      percentage: 33.3,
      ops: { Relu: { pass: 1, fail: 1 } },
    });
    const lines = formatReport(report);
    expect(lines).toContain('fail b [Relu]: wrong');
    expect(lines.at(-1)).toBe(
      '1 passed, 1 failed, 1 unsupported, 1 out of scope: 33.3 % of the cases in scope pass',
    );
  });
});
