import { floatPlan } from '../device/types.ts';
import { evaluate, type Candidate } from '../quantization/evaluate.ts';
import type { LabelledModel } from './models.ts';
import { variants, type Variant } from './variants.ts';
import { PICTURES, type Workspace } from './workspace.ts';

/** How one way to quantize did on one model. */
export interface Score {
  /** Share of the labelled pictures that are classified rightly, 0..1. */
  top1: number;
  /** Signal to noise of the outputs against float in dB, mean over the outputs. */
  sqnr: number;
}

/** All of one model. */
export interface ModelScores {
  model: LabelledModel;
  /** Whether some convolutions see one channel each. */
  depthwise: boolean;
  /** The float network in our simulator. */
  float: Score;
  /** One per variant. */
  scores: Score[];
}

/** Quantizes a model in every way and judges all results on the same labelled pictures. */
export async function measureModel(
  model: LabelledModel,
  workspace: Workspace,
  onVariant: (variant: Variant) => void,
): Promise<ModelScores> {
  const candidates: Candidate[] = [];
  for (const variant of variants) {
    onVariant(variant);
    candidates.push(await workspace.quantize(variant.options));
  }
  const [float, ...scores] = await judge(model, workspace, candidates);
  const depthwise = workspace.network.withOp('convolution').some((layer) => layer.int('group_number', 1) > 1);
  return { model, depthwise, float, scores };
}

/** Scores of the float network, then of each candidate. */
export async function judge(
  model: LabelledModel,
  workspace: Workspace,
  candidates: readonly Candidate[],
): Promise<Score[]> {
  const { network, signal } = workspace;
  const float = { network, plan: floatPlan('float32') };
  const found = await evaluate(
    network,
    [float, ...candidates],
    workspace.samples(model.labels, PICTURES),
    signal,
  );
  return found.map(({ top1, outputs }) => ({
    top1,
    sqnr: outputs.reduce((sum, { sqnr }) => sum + sqnr, 0) / outputs.length,
  }));
}
