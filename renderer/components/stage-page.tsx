import type { StageCommand, StageName } from '../../core/worker/contract.ts';
import { showStage } from '../state/actions.ts';
import { useStudio } from '../state/store.ts';
import { CopyButton } from './copy-button.tsx';
import { STAGES } from './rail.tsx';

const ABOUT: Readonly<Record<StageName, string>> = {
  inputs: 'Says where sample pictures are and how a picture becomes the numbers that the network reads.',
  quantize: 'Measures the ranges of all tensors on your samples and turns the network into 8-bit integers.',
  inspect: 'Finds the layers that lose most by quantization.',
  target: 'Finds out which NPU your board has, so that the export fits it.',
  export: 'Writes the C project for the board.',
  verify: 'Runs the quantized network on this computer before it goes to the board.',
};

/** A stage that has no page of its own yet: what it is for, and the command line that does it. */
export function StagePage({ stage }: { stage: StageName }) {
  const summary = useStudio((state) => state.model?.summary);
  const title = STAGES.find(({ name }) => name === stage)?.title ?? stage;
  return (
    <div className="stage-page">
      <h2>{title}</h2>
      <p className="lead">{ABOUT[stage]}</p>
      <p>
        This stage has no page in the studio yet. It is done with the <code>pegasus</code> command line, in
        the folder of the project.
      </p>
      {summary ? (
        summary.commands[stage].map((command) => <Command key={command.line} command={command} />)
      ) : (
        <p className="empty">
          Open a model, then the exact command stands here.{' '}
          <button type="button" className="button" onClick={() => showStage('model')}>
            Go to Model
          </button>
        </p>
      )}
    </div>
  );
}

function Command({ command: { purpose, line } }: { command: StageCommand }) {
  return (
    <figure className="command">
      <figcaption>{purpose}</figcaption>
      <div>
        <pre>
          <code>{line}</code>
        </pre>
        <CopyButton className="button" text={line} label="Copy" />
      </div>
    </figure>
  );
}
