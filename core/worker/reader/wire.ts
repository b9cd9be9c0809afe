import { parseNetwork, formatNetwork } from '../../files/network-json.ts';
import { ElementBytes } from '../../network/deferred.ts';
import type { Network } from '../../network/network.ts';
import { viewElements, type ElementType, type Shape } from '../../network/tensor.ts';
import type { QuantizeTable } from '../../network/quantize-table.ts';
import { knownSymbolicShapes } from '../../ops/symbolic-shapes.ts';
import type { LogLevel } from '../../jobs/context.ts';
import type { CutSide, ImportChoices } from '../contract-model.ts';
import type { ThreadProblem } from '../problem.ts';
import type { SourceFacts } from '../source-facts.ts';
import type { ImportedModel } from '../import-model.ts';

/** Bytes of a file or tensor that one message carries at most. */
const PIECE = 64 * 2 ** 20;

/** A cut at nodes of a model, by their keys. */
export interface ModelCut {
  choices: ImportChoices;
  nodes: readonly string[];
  side: CutSide;
}

/** What is to be done with the files. */
export type ReaderTask =
  { kind: 'read'; choices: ImportChoices | null } | { kind: 'look' } | { kind: 'cut'; cut: ModelCut };

/** What the process that reads models is told. Files come in pieces: first all of one, then the next. */
export type ReaderRequest =
  | { kind: 'file'; name: string; length: number }
  | { kind: 'piece'; bytes: Uint8Array }
  | ReaderTask
  | { kind: 'cancel' };

/** What it answers: coefficients first, each tensor in pieces, then the rest, or the problem. */
export type ReaderAnswer =
  | { kind: 'progress'; fraction: number; text: string }
  | { kind: 'log'; level: LogLevel; text: string }
  | { kind: 'tensor'; layer: string; name: string; type: ElementType; shape: Shape; length: number }
  | { kind: 'piece'; bytes: Uint8Array }
  | {
      kind: 'model';
      network: string;
      format: string;
      file: string;
      quantization: QuantizeTable | undefined;
      notes: readonly string[];
    }
  | { kind: 'source'; facts: SourceFacts }
  | { kind: 'choices'; choices: ImportChoices }
  | { kind: 'failed'; problem: ThreadProblem };

/** The bytes in messages. */
export function* pieces(bytes: Uint8Array): Generator<{ kind: 'piece'; bytes: Uint8Array }> {
  for (let at = 0; at < bytes.length; at += PIECE)
    yield { kind: 'piece', bytes: bytes.subarray(at, at + PIECE) };
}

/** Puts pieces together again. */
export class Pieces {
  readonly bytes: Uint8Array;
  private filled = 0;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
  }

  add(piece: Uint8Array): void {
    this.bytes.set(piece, this.filled);
    this.filled += piece.length;
  }
}

/** A model that was read, as messages. */
export function* modelAnswers(model: ImportedModel): Generator<ReaderAnswer> {
  const { network, format, file, quantization, notes = [] } = model;
  const elements = new ElementBytes();
  for (const [layer, tensors] of network.coefficients) {
    for (const [name, tensor] of tensors) {
      const bytes = elements.of(tensor);
      yield { kind: 'tensor', layer, name, type: tensor.type, shape: tensor.shape, length: bytes.length };
      yield* pieces(bytes);
    }
  }
  yield { kind: 'model', network: formatNetwork(network), format, file, quantization, notes };
}

/** Makes the model of the messages again. */
export class ModelAssembler {
  private readonly tensors: { layer: string; name: string; type: ElementType; shape: Shape; data: Pieces }[] =
    [];

  /** @returns the model once it is whole */
  take(answer: ReaderAnswer): ImportedModel | undefined {
    if (answer.kind === 'tensor') {
      const { layer, name, type, shape, length } = answer;
      this.tensors.push({ layer, name, type, shape, data: new Pieces(length) });
    } else if (answer.kind === 'piece') {
      this.tensors.at(-1)?.data.add(answer.bytes);
    } else if (answer.kind === 'model') {
      const { network: text, format, file, quantization, notes } = answer;
      const network: Network = parseNetwork(text, { file });
      for (const { layer, name, type, shape, data } of this.tensors)
        network.setCoefficient(layer, name, { type, shape, data: viewElements(type, data.bytes) });
      return { network, shapes: knownSymbolicShapes(network), format, file, quantization, notes };
    }
    return undefined;
  }
}
