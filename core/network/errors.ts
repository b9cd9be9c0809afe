/** Where in the user's files a problem is. */
export interface Place {
  /** File path as the user gave it. */
  file?: string;
  /** Layer key, node name or tensor name. */
  layer?: string;
  /** 1-based line of a text file. */
  line?: number;
}

/** Stable identifiers of what can go wrong; docs and tests key on them. */
export type ErrorCode =
  | 'usage'
  | 'cancelled'
  | 'file-missing'
  | 'file-unreadable'
  | 'file-unwritable'
  | 'file-malformed'
  | 'network-invalid'
  | 'op-unsupported'
  | 'shape-mismatch'
  | 'parameter-invalid'
  | 'coefficient-missing'
  | 'dataset-invalid'
  | 'inputmeta-invalid'
  | 'postprocess-invalid'
  | 'quantize-invalid'
  | 'simulator-unavailable'
  | 'simulator-failed'
  | 'compiler-missing';

/** A node of a source model that can not be imported. */
export interface NodeProblem {
  /** Node name of the file. */
  node: string;
  /** Name of its first output: unlike the node's, it is unique. */
  tensor: string;
  /** Operator, with its domain where it is not ONNX's. */
  op: string;
  /** What exactly; undefined when the operator as a whole is unknown. */
  reason: string | undefined;
}

/** One of the choices of an import that does not fit the model. */
export interface ChoiceProblem {
  option: 'inputs' | 'outputs' | 'sizes' | 'types';
  /** The input or output point. */
  name: string;
  message: string;
}

/** The parts of a problem that a form or a graph shows in their places. */
export interface ProblemDetails {
  nodes?: readonly NodeProblem[];
  choices?: readonly ChoiceProblem[];
  /** Names of files that belong to the model and were not given. */
  files?: readonly string[];
}

/**
 * A problem a person can act on: what is wrong, where, and what to do. Anything else that is thrown is a
 * bug of ours.
 */
export class StudioError extends Error {
  readonly code: ErrorCode;
  readonly place: Place;
  /** What to do about it, an imperative sentence. */
  readonly hint: string | undefined;
  readonly details: ProblemDetails;

  constructor(
    code: ErrorCode,
    message: string,
    place: Place = {},
    hint?: string,
    details: ProblemDetails = {},
  ) {
    super(message);
    this.name = 'StudioError';
    this.code = code;
    this.place = place;
    this.hint = hint;
    this.details = details;
  }

  /** The whole problem on one line: `file:line: layer "k": message. Hint.` */
  override toString(): string {
    const { file, layer, line } = this.place;
    const at = file === undefined ? '' : line === undefined ? `${file}: ` : `${file}:${line}: `;
    const inLayer = layer === undefined ? '' : `layer "${layer}": `;
    const text = `${at}${inLayer}${this.message}`;
    const sentence = this.hint === undefined ? text : `${text.replace(/[.]$/, '')}. ${this.hint}`;
    return sentence.replace(/\s*\n\s*/g, ' ');
  }

  /** The same problem with a more exact place; what is known already stays. */
  at(place: Place): StudioError {
    return new StudioError(this.code, this.message, { ...place, ...this.place }, this.hint, this.details);
  }
}

/** One line for people, whatever was thrown. */
export function describeError(error: unknown): string {
  if (error instanceof StudioError) return error.toString();
  if (error instanceof Error) return error.message.replace(/\s*\n\s*/g, ' ');
  return String(error);
}
