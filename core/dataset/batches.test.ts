import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { imageMeta } from '../testing/input-meta.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { batches } from './batches.ts';

const COUNT = 40;
const folder = temporaryFolder();

/** A list of samples of four bytes, each holding its number. */
function list(name: string): { meta: ReturnType<typeof imageMeta>; file: (index: number) => string } {
  const file = (index: number): string => join(folder, `${name}_${index}.bin`);
  const lines = Array.from({ length: COUNT }, (_, index) => {
    writeFileSync(file(index), new Uint8Array(4).fill(index));
    return file(index);
  });
  writeFileSync(join(folder, `${name}.txt`), lines.join('\n'));
  const meta = imageMeta('in', [1, 1, 2, 2]);
  meta.databases[0].path = join(folder, `${name}.txt`);
  return { meta, file };
}

test.each([
  [1, 8],
  [3, 3],
  [16, 1],
])('with batches of %d, %d are loaded ahead and no more', async (batchSize, ahead) => {
  const { meta, file } = list(`ahead${batchSize}`);
  const stream = batches(meta, { batchSize, iterations: 20 });
  const first = await stream.next();
  expect(first.value?.inputs.get('in')?.[0]).toBe(0);
  await setTimeout(200);
  for (let index = batchSize; index < COUNT; index++) rmSync(file(index));
  // A list wraps round: only batches whose files were all there before can be right.
  for (let index = 1; index <= ahead; index++) {
    const { value } = await stream.next();
    expect(value?.inputs.get('in')?.[0]).toBe(index * batchSize);
  }
  await expect(stream.next()).rejects.toMatchObject({ code: 'file-missing' });
});

test('batches come in list order whatever their size', async () => {
  const { meta } = list('order');
  for (const batchSize of [1, 4, 7]) {
    const seen: number[] = [];
    for await (const { inputs } of batches(meta, { batchSize, iterations: 6 })) {
      inputs.get('in')?.forEach((value, index) => index % 4 === 0 && seen.push(value));
    }
    expect(seen).toEqual(Array.from({ length: 6 * batchSize }, (_, index) => index % COUNT));
  }
});

test('a consumer that never waits lets the rest of the program run', async () => {
  const { meta } = list('busy');
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  for await (const { index } of batches(meta, { batchSize: 1, iterations: COUNT })) {
    const until = performance.now() + 3;
    while (performance.now() < until) expect(index).toBeGreaterThanOrEqual(0);
  }
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(COUNT / 2);
});
