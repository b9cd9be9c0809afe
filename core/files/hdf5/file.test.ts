import { readFileSync } from 'node:fs';
import { FS, ready, File, Dataset, Group } from 'h5wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { fixtureCases } from '../../conformance/fixtures.ts';
import { failure } from '../../importers/onnx/testing.ts';
import { toNumbers } from '../../network/tensor.ts';
import { openHdf5, type Hdf5Group } from './file.ts';

beforeAll(() => ready);

/** What the HDF Group's library writes. */
function written(fill: (file: File) => void, libver: 'earliest' | 'latest' = 'earliest'): Uint8Array {
  const file = new File('/made.h5', 'w', { libver: [libver, 'latest'] });
  fill(file);
  file.close();
  const bytes = FS?.readFile('/made.h5') as Uint8Array;
  return Uint8Array.from(bytes);
}

/** Everything in a file as paths and numbers or texts. */
function contents(group: Hdf5Group, path = ''): [string, unknown][] {
  const texts = [...group.attributes].map(([name, value]): [string, unknown] => [`${path}@${name}`, value]);
  return group.names.flatMap((name) => {
    const inner = group.group(name);
    if (inner) return contents(inner, `${path}/${name}`);
    const dataset = group.dataset(name);
    return dataset ? [[`${path}/${name}`, [dataset.shape, toNumbers(dataset.tensor())]] as [string, unknown]] : [];
  }).concat(texts); // prettier-ignore
}

/** The same by the HDF Group's library. */
function expected(group: Group, path = ''): [string, unknown][] {
  const texts = Object.entries(group.attrs).map(([name, { value }]): [string, unknown] => {
    const list = Array.isArray(value) ? value : [value];
    return [`${path}@${name}`, list.filter((item) => typeof item === 'string')];
  });
  return group.keys().flatMap((name) => {
    const found = group.get(name);
    if (found instanceof Group) return expected(found, `${path}/${name}`);
    if (!(found instanceof Dataset)) return [];
    const value = found.value;
    const numbers = ArrayBuffer.isView(value) ? Array.from(value as Float64Array, Number) : [Number(value)];
    return [[`${path}/${name}`, [found.shape, numbers]] as [string, unknown]];
  }).concat(texts); // prettier-ignore
}

const sorted = (list: [string, unknown][]): [string, unknown][] => list.sort(([a], [b]) => (a < b ? -1 : 1));

function compare(bytes: Uint8Array): void {
  FS?.writeFile('/read.h5', bytes);
  const file = new File('/read.h5', 'r');
  expect(sorted(contents(openHdf5(bytes)))).toEqual(sorted(expected(file)));
  file.close();
}

describe('HDF5 files read as the HDF Group does', () => {
  it('of all .h5 fixtures of Keras', async () => {
    const files = (await fixtureCases('keras')).flatMap(({ files: [main] }) =>
      main.name.endsWith('.h5') ? [main.bytes] : [],
    );
    expect(files.length).toBeGreaterThan(20);
    files.forEach(compare);
  });

  it.each(['earliest', 'latest'] as const)('with groups and attributes in the layout of %s', (libver) => {
    compare(
      written((file) => {
        file.create_attribute('one', 'text');
        file.create_attribute('several', ['a', 'long text', ''], null, 'S9');
        const group = file.create_group('group');
        group.create_attribute('names', ['x:0', 'y:0']);
        group.create_dataset({ name: 'x:0', data: Float32Array.of(1.5, -2, 3, 4), shape: [2, 2] });
        group.create_dataset({ name: 'scalar', data: Float64Array.of(7), shape: [] });
      }, libver),
    );
  });

  it('with many members, so that their index has several levels', () => {
    compare(
      written((file) => {
        for (let i = 0; i < 300; i++)
          file.create_dataset({ name: `weight_${i}`, data: Int32Array.of(i, -i) });
      }),
    );
  });

  it('with chunks that are packed, and edges that are not whole', () => {
    const data = Float32Array.from({ length: 7 * 11 }, (_, i) => Math.fround(i / 3));
    compare(
      written((file) => {
        file.create_dataset({ name: 'plain', data, shape: [7, 11], chunks: [3, 4] });
        file.create_dataset({ name: 'gzip', data, shape: [7, 11], chunks: [3, 4], compression: 'gzip' });
        file.create_dataset({ name: 'line', data, shape: [77], chunks: [10], compression: 9 });
      }),
    );
  });
});

describe('HDF5 files that are refused', () => {
  it.each([
    ['soft', (file: File) => file.create_soft_link('/etc/passwd', 'link')],
    ['external', (file: File) => file.create_external_link('/etc/passwd', '/', 'link')],
  ])('%s links are not followed', (_, link) => {
    const root = openHdf5(written(link));
    expect(root.group('link')).toBeUndefined();
    expect(root.dataset('link')).toBeUndefined();
  });

  it('groups that hold themselves end', async () => {
    const bytes = written((file) => {
      file.create_group('a');
      file.create_hard_link('/a', 'a/a');
    });
    const walk = (group: Hdf5Group): void => group.names.forEach((name) => walk(group.group(name) ?? group));
    const deep = async (): Promise<void> => walk(openHdf5(bytes));
    await expect(deep()).rejects.toThrow(); // either the count or the stack of the test ends it
    expect(openHdf5(bytes).group('a/a/a/a')).toBeDefined();
  });

  it('text files and cut files', async () => {
    expect((await failure(Promise.reject(caught(new TextEncoder().encode('nothing'))))).code).toBe(
      'file-malformed',
    );
    const whole = readFileSync(new URL(import.meta.url));
    expect(caught(whole)).toMatchObject({ code: 'file-malformed' });
  });
});

function caught(bytes: Uint8Array): unknown {
  try {
    openHdf5(bytes);
    return undefined;
  } catch (error) {
    return error;
  }
}
