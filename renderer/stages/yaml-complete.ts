import { suggest, type Suggestion } from '../components/suggestions.tsx';

/** What can stand at the caret. */
export interface Completion {
  /** Where what was typed of it begins. */
  from: number;
  items: readonly Suggestion[];
}

/** Finds what can stand at a place of a text; undefined = nothing is known. */
export type Completer = (text: string, caret: number) => Completion | undefined;

/** What of a line of YAML stands in front of the caret. */
interface Spot {
  /** Spaces in front. */
  indent: number;
  /** Of the value; undefined while the key is typed. */
  key: string | undefined;
  typed: string;
}

/** Reads the line up to the caret: `key: typed`, `- key: typed` or `typed`. */
export function spotAt(text: string, caret: number): Spot | undefined {
  const line = text.slice(text.lastIndexOf('\n', caret - 1) + 1, caret);
  if (/^\s*[#%]/.test(line)) return undefined;
  const [, spaces, rest] = /^( *(?:- +)?)(.*)$/.exec(line) ?? ['', '', ''];
  const value = /^(.*?[^\s:])['"]?:[ \t]+['"]?([^'"]*)$/.exec(rest);
  const indent = spaces.length;
  if (value) return { indent, key: value[1].replace(/^['"]/, ''), typed: value[2] };
  return { indent, key: undefined, typed: rest.replace(/^['"]/, '') };
}

/** Layers in `customized_quantize_layers`, and the types behind them. */
export function completeCustomized(layers: readonly string[], types: readonly Suggestion[]): Completer {
  const keys = layers.map((text) => ({ text: `${yamlWord(text)}: ` }));
  return (text, caret) => {
    const spot = spotAt(text, caret);
    if (!spot) return undefined;
    if (spot.key !== undefined) return completion(caret, spot.typed, types);
    const all = spot.indent === 0 ? [{ text: 'customized_quantize_layers:' }] : keys;
    return completion(caret, spot.typed, all);
  };
}

/** Keys of an input description, and the words that can follow some of them. */
export function completeWords(words: Readonly<Record<string, readonly string[]>>): Completer {
  const keys = Object.keys(words).map((key) => ({ text: `${key}: ` }));
  return (text, caret) => {
    const spot = spotAt(text, caret);
    if (!spot) return undefined;
    if (spot.key === undefined) return completion(caret, spot.typed, keys);
    const values = Object.hasOwn(words, spot.key) ? words[spot.key] : [];
    return completion(
      caret,
      spot.typed,
      values.map((value) => ({ text: yamlWord(value) })),
    );
  };
}

function completion(caret: number, typed: string, all: readonly Suggestion[]): Completion | undefined {
  const items = suggest(all, typed);
  const whole = items.length === 1 && items[0].text.trim() === typed.trim();
  return items.length === 0 || whole ? undefined : { from: caret - typed.length, items };
}

/** A name as YAML can read it back: in quotes where it would mean something else. */
export function yamlWord(text: string): string {
  const plain = /^[\w./][\w./@-]*$/.test(text) || /^[\w./][\w./@:-]*[\w./@-]$/.test(text);
  return plain && !/^(?:true|false|null|~|[\d.]+)$/i.test(text) ? text : JSON.stringify(text);
}
