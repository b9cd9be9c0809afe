/** Names of the pickle opcodes that coefficient files do not use, for messages. */
const names = new Map<number, string>(
  Object.entries({
    '0': 'POP',
    '1': 'POP_MARK',
    '2': 'DUP',
    F: 'FLOAT',
    G: 'BINFLOAT',
    I: 'INT',
    L: 'LONG',
    P: 'PERSID',
    Q: 'BINPERSID',
    S: 'STRING',
    T: 'BINSTRING',
    U: 'SHORT_BINSTRING',
    V: 'UNICODE',
    d: 'DICT',
    g: 'GET',
    i: 'INST',
    l: 'LIST',
    o: 'OBJ',
    p: 'PUT',
    '\x81': 'NEWOBJ',
    '\x82': 'EXT1',
    '\x83': 'EXT2',
    '\x84': 'EXT4',
    '\x8a': 'LONG1',
    '\x8b': 'LONG4',
    '\x8d': 'BINUNICODE8',
    '\x8f': 'EMPTY_SET',
    '\x90': 'ADDITEMS',
    '\x91': 'FROZENSET',
    '\x92': 'NEWOBJ_EX',
    '\x97': 'NEXT_BUFFER',
    '\x98': 'READONLY_BUFFER',
  }).map(([code, name]) => [code.charCodeAt(0), name]),
);

/** What Python calls an opcode; its number when there is none of that number. */
export function opcodeName(opcode: number): string {
  return names.get(opcode) ?? `0x${opcode.toString(16).padStart(2, '0')}`;
}
