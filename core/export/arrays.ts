import type { DeviceGraph, DeviceParam } from '../device/graph.ts';
import { checkedParams, opInfo, type FieldType } from '../device/vocabulary.ts';
import { floatLiteral, initializer, integerLiteral } from './c-text.ts';

interface LocalArray {
  kind: string;
  number: number;
  type: FieldType;
  values: readonly number[];
}

/** Arrays that parameters point to; they live in the Create function until the graph is set up. */
export class LocalArrays {
  private readonly arrays: LocalArray[] = [];
  private readonly names = new Map<string, string>();

  constructor(graph: DeviceGraph) {
    const counts = new Map<string, number>();
    graph.nodes.forEach((node, index) => {
      const { fields } = opInfo(node.op);
      for (const [field, value] of checkedParams(node.op, node.params)) {
        const { local, type } = fields[field];
        if (local === undefined || !isList(value) || value.length === 0) continue;
        const number = (counts.get(local) ?? 0) + 1;
        counts.set(local, number);
        this.arrays.push({ kind: local, number, type, values: value });
        this.names.set(`${index}.${field}`, `${local}_${number}`);
      }
    });
  }

  /** The array that a field of a node points to; NULL when it is empty. */
  name(node: number, field: string): string {
    return this.names.get(`${node}.${field}`) ?? 'NULL';
  }

  /** Declarations, sorted by name. */
  declarations(): string[] {
    const sorted = [...this.arrays].sort((a, b) =>
      a.kind === b.kind ? a.number - b.number : a.kind < b.kind ? -1 : 1,
    );
    return sorted.flatMap(({ kind, number, type, values }) => {
      const [first, ...rest] = initializer(values.map((value) => elementLiteral(type, value)));
      const lines = [`${elementType(type)} ${kind}_${number}[] = ${first}`, ...rest];
      return lines.map((line, index) => (index === lines.length - 1 ? `${line};` : line));
    });
  }
}

/** One element of an array, or a scalar, as C. */
export function elementLiteral(type: FieldType, value: number | boolean): string {
  if (type.startsWith('bool')) return value ? 'TRUE' : 'FALSE';
  if (type.startsWith('f32')) return floatLiteral(Number(value));
  return integerLiteral(Number(value), type.startsWith('u'));
}

/** Whether a parameter is a list. */
export function isList(value: DeviceParam): value is readonly number[] {
  return typeof value === 'object';
}

function elementType(type: FieldType): string {
  return type === 'f32*' ? 'float' : type === 'i32*' ? 'int32_t' : 'uint32_t';
}
