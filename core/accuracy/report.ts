import { join } from 'node:path';
import { measureAgreement, type Agreement } from './agreement.ts';
import { measureRemedies, type Remedy } from './drowned.ts';
import { measureHeads, type HeadErrors } from './heads.ts';
import { measureModel, type ModelScores } from './measure.ts';
import { bundledModel, type ModelCollection } from './models.ts';
import { measureRequantization, type RequantizationScore } from './requantization.ts';
import { Workspace } from './workspace.ts';

/** All that docs/accuracy.md tells. */
export interface AccuracyReport {
  /** Whether all reference models were there. */
  complete: boolean;
  models: ModelScores[];
  remedies: Remedy[];
  requantization: { title: string; scores: RequantizationScore[] }[];
  agreements: { title: string; agreements: Agreement[] }[];
  heads?: { title: string; errors: HeadErrors };
}

/** Measures all models of a collection, one after the other. `folder` is for files on the way. */
export async function measureAll(
  { complete, classifiers, others, detector }: ModelCollection,
  folder: string,
  signal: AbortSignal,
  note: (text: string) => void,
): Promise<AccuracyReport> {
  const models: ModelScores[] = [];
  const agreements: AccuracyReport['agreements'] = [];
  const requantization: AccuracyReport['requantization'] = [];
  for (const [index, model] of classifiers.entries()) {
    const workspace = await Workspace.open(model, join(folder, `classifier${index}`), signal);
    const scores = await measureModel(model, workspace, ({ scheme, algorithm }) =>
      note(`${model.title}: ${scheme}, ${algorithm}`),
    );
    models.push(scores);
    agreements.push({ title: model.title, agreements: await measureAgreement(model, workspace) });
    note(`${model.title}: requantization`);
    requantization.push({ title: model.title, scores: await measureRequantization(model, workspace) });
  }
  for (const [index, model] of others.entries()) {
    note(`${model.title}: entropy and errors`);
    const workspace = await Workspace.open(model, join(folder, `other${index}`), signal);
    agreements.push({ title: model.title, agreements: await measureAgreement(model, workspace) });
  }
  note('a model made to fail');
  const remedies = await measureRemedies(bundledModel(), join(folder, 'broken'), signal);
  const found = { complete, models, remedies, requantization, agreements };
  if (!detector) return found;
  note(`${detector.title}: heads`);
  const workspace = await Workspace.open(detector, join(folder, 'detector'), signal);
  const heads = { title: detector.title, errors: await measureHeads(detector, workspace) };
  return { ...found, heads };
}
