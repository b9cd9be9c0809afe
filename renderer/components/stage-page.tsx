import type { StageName } from '../../core/worker/contract.ts';
import { showStage } from '../state/actions.ts';
import { STAGES } from './rail.tsx';

const ABOUT: Readonly<Record<StageName, string>> = {
  inputs: 'Says where sample pictures are and how a picture becomes the numbers that the network reads.',
  quantize: 'Measures the ranges of all tensors on your samples and turns the network into 8-bit integers.',
  inspect: 'Finds the layers that lose most by quantization.',
  target: 'Finds out which NPU your board has, so that the export fits it.',
  export: 'Writes the C project for the board.',
  verify: 'Compares the float, the quantized and the compiled network on this computer, before the board.',
};

/** What a stage is for, while no model is open. */
export function StagePage({ stage }: { stage: StageName }) {
  const title = STAGES.find(({ name }) => name === stage)?.title ?? stage;
  return (
    <div className="stage-page">
      <h2>{title}</h2>
      <p className="lead">{ABOUT[stage]}</p>
      <p className="empty">
        Open a model first.{' '}
        <button type="button" className="button" onClick={() => showStage('model')}>
          Go to Model
        </button>
      </p>
    </div>
  );
}
