import type { JobContext } from '../jobs/context.ts';
import type { CutSide, ImportChoices } from './contract-model.ts';
import { readModel, type ImportedModel, type ModelFiles } from './import-model.ts';
import { cutModelApart, lookApart, readModelApart, type ReaderProcess } from './reader/read.ts';
import { cutModel, lookInto, type SourceFacts } from './source-facts.ts';

/** The way to what is in model files: through a process of their own, where there can be one. */
export class ModelAccess {
  /** Files are looked into once. */
  private readonly facts = new WeakMap<ModelFiles, Promise<SourceFacts>>();

  /** @param start starts a process that reads a model; default: models are read here */
  constructor(private readonly start?: (heapMegabytes: number) => ReaderProcess) {}

  /** Converts a model. @param choices null = as it says itself */
  read(model: ModelFiles, choices: ImportChoices | null, context: JobContext): Promise<ImportedModel> {
    return this.start
      ? readModelApart(filesOf(model), context, this.start, undefined, choices)
      : readModel(model, context, choices);
  }

  /** Decodes a model without converting it. */
  look(model: ModelFiles): Promise<SourceFacts> {
    let facts = this.facts.get(model);
    if (!facts) {
      facts = this.start ? lookApart(filesOf(model), quiet(), this.start) : lookInto(model);
      this.facts.set(model, facts);
    }
    return facts;
  }

  /** The choices with a cut. */
  cut(
    model: ModelFiles,
    choices: ImportChoices,
    nodes: readonly string[],
    side: CutSide,
  ): Promise<ImportChoices> {
    return this.start
      ? cutModelApart(filesOf(model), quiet(), this.start, { choices, nodes, side })
      : cutModel(model, choices, nodes, side);
  }
}

const filesOf = ({ main, others }: ModelFiles): ModelFiles['others'] => [main, ...others];

/** For work that is no job: short, and nobody waits for its words. */
const quiet = (): JobContext => ({
  signal: new AbortController().signal,
  progress: () => undefined,
  log: () => undefined,
});
