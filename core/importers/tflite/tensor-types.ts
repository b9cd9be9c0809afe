import type { ElementType } from '../../network/tensor.ts';

/** How the schema's TensorType numbers are held. */
interface StoredType {
  /** As the schema calls it. */
  name: string;
  /** Undefined for what is no number. */
  element: ElementType | undefined;
  /** Bits of one element in a buffer, where they are fewer than a byte. */
  bits?: number;
}

const TYPES: readonly StoredType[] = [
  { name: 'FLOAT32', element: 'float32' },
  { name: 'FLOAT16', element: 'float16' },
  { name: 'INT32', element: 'int32' },
  { name: 'UINT8', element: 'uint8' },
  { name: 'INT64', element: 'int64' },
  { name: 'STRING', element: undefined },
  { name: 'BOOL', element: 'bool' },
  { name: 'INT16', element: 'int16' },
  { name: 'COMPLEX64', element: undefined },
  { name: 'INT8', element: 'int8' },
  { name: 'FLOAT64', element: 'float64' },
  { name: 'COMPLEX128', element: undefined },
  // uint64 only carries sizes and seeds; as int64 it keeps its bits.
  { name: 'UINT64', element: 'int64' },
  { name: 'RESOURCE', element: undefined },
  { name: 'VARIANT', element: undefined },
  { name: 'UINT32', element: 'uint32' },
  { name: 'UINT16', element: 'uint16' },
  { name: 'INT4', element: 'int8', bits: 4 },
  { name: 'BFLOAT16', element: 'float32' },
  { name: 'INT2', element: 'int8', bits: 2 },
  { name: 'UINT4', element: 'uint8', bits: 4 },
];

/** How numbers of a TensorType are held; types we do not know hold nothing. */
export const storedType = (type: number): StoredType =>
  TYPES[type] ?? { name: `type ${type}`, element: undefined };

export const BFLOAT16 = 18;
