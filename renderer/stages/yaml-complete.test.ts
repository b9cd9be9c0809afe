import { describe, expect, it } from 'vitest';
import { completeCustomized, completeWords, spotAt, yamlWord } from './yaml-complete.ts';

/** Completes at the bar. */
const at = (complete: ReturnType<typeof completeWords>, text: string) => {
  const caret = text.indexOf('|');
  const found = complete(text.replace('|', ''), caret);
  return found && { typed: text.slice(found.from, caret), items: found.items.map((item) => item.text) };
};

describe('completion in YAML', () => {
  const layers = completeCustomized(
    ['conv_1', 'conv_10', 'relu_2', 'a: b'],
    [{ text: 'float16' }, { text: 'fixed-i16', alias: 'int16' }],
  );

  it('offers layers that begin with what was typed, then those that hold it', () => {
    expect(at(layers, 'customized_quantize_layers:\n    conv|')).toEqual({
      typed: 'conv',
      items: ['conv_1: ', 'conv_10: '],
    });
    expect(at(layers, 'customized_quantize_layers:\n    1|')).toMatchObject({
      items: ['conv_1: ', 'conv_10: '],
    });
    expect(at(layers, 'x:\n    a|')).toMatchObject({ items: ['"a: b": '] });
  });

  it('offers types behind a layer, its section at the margin, nothing in comments', () => {
    expect(at(layers, 'x:\n    conv_1: i|')).toEqual({ typed: 'i', items: ['fixed-i16'] });
    expect(at(layers, 'x:\n    "a: b": fl|')).toEqual({ typed: 'fl', items: ['float16'] });
    expect(at(layers, 'cust|')).toMatchObject({ items: ['customized_quantize_layers:'] });
    expect(at(layers, '    # conv|')).toBeUndefined();
    expect(at(layers, 'x:\n    conv_1: fixed-i16|')).toBeUndefined();
  });

  const words = completeWords({ layout: ['nhwc', 'nchw'], lid: ['input_0'], shape: [] });

  it('offers keys and the words of a key', () => {
    expect(at(words, '- l|')).toEqual({ typed: 'l', items: ['layout: ', 'lid: '] });
    expect(at(words, '  layout: n|')).toMatchObject({ items: ['nhwc', 'nchw'] });
    expect(at(words, '  shape: 1|')).toBeUndefined();
    expect(at(words, '  constructor: a|')).toBeUndefined();
  });

  it('reads the line only', () => {
    expect(spotAt('a: 1\n  - b: c', 13)).toEqual({ indent: 4, key: 'b', typed: 'c' });
  });

  it('quotes what YAML would read otherwise', () => {
    expect(['conv/1_2', 'a:b', '@in', 'true', '12', 'a b', 'x:'].map(yamlWord)).toEqual([
      'conv/1_2',
      'a:b',
      '"@in"',
      '"true"',
      '"12"',
      '"a b"',
      '"x:"',
    ]);
  });
});
