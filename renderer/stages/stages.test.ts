import { describe, expect, it } from 'vitest';
import type { ChipView, InputForm } from '../../core/worker/contract-project.ts';
import { classFolders, pickedFiles } from '../api/dropped-files.ts';
import { recipeOptions } from '../state/quantize.ts';
import { channelNames, formulaLines, PRESETS } from './input-formula.ts';
import { parseNumber } from './number-field.tsx';

const FORM: InputForm = {
  lid: 'in_0',
  category: 'image',
  layout: 'nchw',
  shape: [1, 3, 8, 8],
  fitting: 'scale',
  reverseChannel: true,
  mean: [128],
  scale: 1 / 128,
};

describe('the input form', () => {
  it('says in words what happens to a pixel', () => {
    expect(formulaLines(FORM)).toEqual(['(pixel − 128) × 0.007813: 0 becomes −1, 255 becomes 0.9922']);
    expect(formulaLines({ ...FORM, mean: [1, 2, 3], scale: 1 })[0]).toBe('blue: (pixel − 1) × 1, −1 to 254');
    expect(channelNames({ ...FORM, layout: 'nhwc', shape: [1, 8, 8, 1] })).toEqual(['grey']);
  });

  it('gives presets in the order of the channels', () => {
    const imagenet = PRESETS.find(({ name }) => name === 'ImageNet');
    expect(imagenet?.make(FORM).mean).toEqual([103.53, 116.28, 123.675]);
    expect(imagenet?.make({ ...FORM, reverseChannel: false }).mean).toEqual([123.675, 116.28, 103.53]);
  });

  it.each([
    ['0.5', 0.5],
    [' 1/255 ', 1 / 255],
    ['−3,5', -3.5],
    ['1e-3', 0.001],
    ['1/0', undefined],
    ['1/2/3', undefined],
    ['0x10', undefined],
    ['', undefined],
  ])('reads the number "%s"', (text, value) => {
    expect(parseNumber(text)).toBe(value);
  });
});

describe('dropped files', () => {
  const file = (path: string): File => {
    const made = new File([''], path.replace(/^.*\//, ''));
    Object.defineProperty(made, 'webkitRelativePath', { value: path.includes('/') ? path : '' });
    return made;
  };

  it('keep the folder they lie in; several folders are classes', () => {
    const picked = pickedFiles(['set/cat/1.png', 'set/dog/2.png', 'set/.hidden', 'set/list.txt'].map(file));
    expect(picked.map(({ name }) => name)).toEqual(['cat/1.png', 'dog/2.png', 'set/list.txt']);
    expect(classFolders(picked)).toEqual(['cat', 'dog']);
    expect(classFolders(pickedFiles(['set/1.png', 'set/2.png'].map(file)))).toEqual([]);
    expect(classFolders(pickedFiles(['a.png', 'x/cat/2.png', 'x/dog/1.png'].map(file)))).toEqual([]);
  });
});

describe('recipes', () => {
  const chip = (change: Partial<ChipView>): ChipView => ({
    pid: '0X88',
    names: ['A311D'],
    serials: ['290b'],
    types: { fast: ['uint8', 'int8', 'int16'], slow: [], unknown: [] },
    name: 'A311D',
    cores: 8,
    tops: 5,
    perChannel: false,
    int16: true,
    uncertain: false,
    ...change,
  });

  it('use what the chip can do', () => {
    expect(recipeOptions('best', chip({}), {})['algorithm']).toBe('auto');
    expect(recipeOptions('best', chip({ perChannel: true }), {})['quantizer']).toBe(
      'perchannel_symmetric_affine',
    );
    expect(recipeOptions('best', chip({ int16: false }), {})['algorithm']).toBe('kl_divergence');
    expect(recipeOptions('custom', undefined, { algorithm: 'mse' })).toEqual({ algorithm: 'mse' });
  });
});
