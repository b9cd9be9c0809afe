import { expect, test } from 'vitest';
import { encodeTiny } from '../importers/onnx/testing.ts';
import { quantizedNetwork } from '../importers/onnx/testing-quantized.ts';
import { quietContext } from '../testing/temporary.ts';
import { importModelJob } from './import-model.ts';

test('a model that is quantized already comes with its table', async () => {
  const bytes = encodeTiny(quantizedNetwork('uint8', false, true));
  const { network, quantization } = await importModelJob([{ name: 'tiny.onnx', bytes }], quietContext());
  const outputs = network.outputs.map(({ key }) => quantization?.entries.get(`@${key}:out0`)?.qtype);
  expect(outputs).toEqual(['u8']);
});
