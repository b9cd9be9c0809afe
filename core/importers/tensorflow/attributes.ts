import type { Attributes } from '../onnx/compose.ts';
import { toInteger } from '../onnx/schema.ts';
import type { ProtoAttr, ProtoShape } from './schema.ts';
import type { Attrs } from './source.ts';

const utf8 = new TextDecoder();

/** Dimensions, -1 where one is open; undefined when not even the rank is known. */
export function openShape(shape: ProtoShape | null | undefined): number[] | undefined {
  if (!shape || shape.unknownRank !== 0) return undefined;
  return shape.dim.map(({ size }) => toInteger(size));
}

/** A list of numbers, or of texts with commas between them. */
function listValue({ list }: ProtoAttr): readonly number[] | string | undefined {
  if (!list) return undefined;
  if (list.s.length > 0) return list.s.map((text) => utf8.decode(text)).join();
  const [numbers] = [list.i.map(toInteger), list.f, list.b, list.type].filter((items) => items.length > 0);
  return numbers ?? [];
}

function plainValue(attr: ProtoAttr): number | readonly number[] | string | undefined {
  if (attr.list) return listValue(attr);
  if (Object.hasOwn(attr, 's')) return utf8.decode(attr.s);
  if (Object.hasOwn(attr, 'i')) return toInteger(attr.i);
  if (Object.hasOwn(attr, 'f')) return attr.f;
  if (Object.hasOwn(attr, 'b')) return attr.b;
  if (Object.hasOwn(attr, 'type')) return attr.type;
  if (attr.shape) return openShape(attr.shape);
  return attr.func?.name;
}

/** Numbers, lists of numbers, texts, types, shapes and names of functions as attributes of an operator. */
export function attributesOf(attrs: Attrs): Attributes {
  return Object.fromEntries(
    [...attrs].flatMap(([name, attr]) => {
      const value = name.startsWith('_') ? undefined : plainValue(attr);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}
