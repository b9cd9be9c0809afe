/** The names that a case's files and functions go by. */
export interface CaseNames {
  /** As in file names and TARGET_NAME: lower case, letters and digits only. */
  file: string;
  /** As in function names: `vnn_Create<suffix>`. */
  suffix: string;
  /** Include guard of the network's header. */
  guard: string;
  /** Constant file: `<name>.export.data`. */
  data: string;
  /** Structure of the exported nodes, for debugging: `<name>_fused.json`. */
  fused: string;
}

const MAX_LENGTH = 100;
/** File names end at 255 bytes; suffixes come on top of this. */
const MAX_FILE_BYTES = 200;

/** Files and make targets that every case has already. */
const RESERVED = new Set(['all', 'build', 'clean', 'global']);

/** Names derived from the output name, e.g. Match0719_uint8 → match0719uint8, Match0719Uint8. */
export function caseNames(name: string): CaseNames {
  const pieces: string[] = name.slice(0, MAX_LENGTH).match(/[A-Za-z0-9]+/g) ?? ['network'];
  if (RESERVED.has(pieces.join('').toLowerCase())) pieces.push('net');
  const file = pieces.join('').toLowerCase();
  const stem = fileName(name);
  return {
    file,
    suffix: pieces.map((piece) => piece[0].toUpperCase() + piece.slice(1)).join(''),
    guard: `_VNN_${file.toUpperCase()}_H`,
    data: `${stem}.export.data`,
    fused: `${stem}_fused.json`,
  };
}

/** The name as one path component that every file system takes. */
function fileName(name: string): string {
  const safe = name.slice(0, MAX_LENGTH).replace(/[\p{C}<>:"/\\|?*]/gu, '_');
  const characters = Array.from(safe.replace(/^[. ]+/, ''));
  while (Buffer.byteLength(characters.join('')) > MAX_FILE_BYTES) characters.pop();
  return characters.length === 0 ? 'network' : characters.join('');
}
