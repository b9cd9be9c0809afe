import { StudioError } from '../network/errors.ts';

/** Reproducible numbers in 0..1 (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Runs a reader that may succeed or throw a StudioError; anything else is passed on. */
export function readOrRefuse(read: () => unknown): 'read' | 'refused' {
  try {
    read();
    return 'read';
  } catch (error) {
    if (error instanceof StudioError) return 'refused';
    throw error;
  }
}

/** Every beginning of a file, the whole excluded. */
export function* truncations(bytes: Uint8Array): Generator<Uint8Array> {
  for (let length = 0; length < bytes.length; length++) yield Uint8Array.from(bytes.subarray(0, length));
}

/** Copies of a file with one to four random bytes changed. */
export function* mutations(bytes: Uint8Array, count: number, seed: number): Generator<Uint8Array> {
  const random = seededRandom(seed);
  for (let round = 0; round < count; round++) {
    const copy = Uint8Array.from(bytes);
    for (let flips = 1 + Math.floor(random() * 4); flips > 0; flips--) {
      copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256);
    }
    yield copy;
  }
}

/** Reads all truncations and mutations of a file; counts how many were refused. */
export function attack(
  bytes: Uint8Array,
  read: (bytes: Uint8Array) => unknown,
  count = 3000,
  seed = 1,
): number {
  let refused = 0;
  for (const variant of [...truncations(bytes), ...mutations(bytes, count, seed)]) {
    if (readOrRefuse(() => read(variant)) === 'refused') refused++;
  }
  return refused;
}
