import { useEffect, useId, useRef } from 'react';
import { isBusy } from '../state/job-state.ts';
import { useStudio } from '../state/store.ts';
import { loadVerify, setRequantization, useVerify, verifyFile } from '../state/verify.ts';
import { DepthChart } from './depth-chart.tsx';
import { SampleStrip } from './sample-strip.tsx';
import { StageFrame } from './stage-frame.tsx';
import { VerifyColumnPanel } from './verify-column.tsx';
import { VerifyDumps } from './verify-dumps.tsx';

/** The Verify stage: one picture through the float, the quantized and the compiled network. */
export function VerifyPage({ dropping }: { dropping: boolean }) {
  const version = useStudio((state) => state.project?.inputsVersion ?? '');
  const stage = useStudio((state) => state.project?.stages.verify);
  useEffect(() => void loadVerify(version), [version]);
  const view = useVerify((state) => state.view);
  return (
    <StageFrame
      title="Verify"
      lead="One picture through all three: float, quantized, and the compiled C code."
      actions={<ChooseFile />}
    >
      <div className="verify">
        <section
          className={dropping ? 'panel verify-choose drop-over' : 'panel verify-choose'}
          aria-label="Sample"
        >
          <p className="dim">
            {dropping
              ? 'Let go to compare on it.'
              : 'Choose a sample, or drop any picture on the window, or the layer dumps of a board.'}
          </p>
          <SampleStrip version={version} />
          <RequantizationChoice />
        </section>
        {stage?.state === 'stale' && view && (
          <p className="note note-warn">What is below is stale: {stage.text}. Choose a sample again.</p>
        )}
        <Comparison />
        <VerifyDumps />
      </div>
    </StageFrame>
  );
}

/** Whether integer layers round as the NPU is thought to do it. */
function RequantizationChoice() {
  const id = useId();
  const chosen = useVerify((state) => state.requantization);
  const busy = useStudio(({ job }) => isBusy(job?.phase));
  return (
    <div className="option">
      <label className="check">
        <input
          type="checkbox"
          aria-describedby={id}
          disabled={busy}
          checked={chosen === 'npu'}
          onChange={({ target }) => void setRequantization(target.checked ? 'npu' : 'exact')}
        />
        Round sums as the NPU does
      </label>
      <p id={id} className="dim">
        The NPU multiplies with fewer digits than the simulator, so some values end up a step away. Inferred
        from public drivers; not confirmed on a board.
      </p>
    </div>
  );
}

function Comparison() {
  const view = useVerify((state) => state.view);
  const busy = useStudio(({ job }) => job?.stage === 'verify' && isBusy(job.phase));
  if (!view) {
    return (
      <section className="panel verify-empty">
        <p className="dim">{busy ? 'Running the networks…' : 'Choose a sample above to compare.'}</p>
      </section>
    );
  }
  return (
    <>
      <div className="verify-columns" aria-busy={busy}>
        {view.columns.map((column) => (
          <VerifyColumnPanel key={column.kind} column={column} view={view} />
        ))}
      </div>
      {view.depth.length > 0 && (
        <DepthChart
          points={view.depth}
          label="Similarity by layer"
          title="Quantized against float, layer by layer"
          reference="float"
        />
      )}
    </>
  );
}

function ChooseFile() {
  const input = useRef<HTMLInputElement>(null);
  const busy = useStudio(({ job }) => isBusy(job?.phase));
  return (
    <>
      <button type="button" className="button" disabled={busy} onClick={() => input.current?.click()}>
        Choose a picture…
      </button>
      <input
        ref={input}
        type="file"
        hidden
        data-testid="verify-input"
        onChange={({ target }) => {
          const [file] = target.files ?? [];
          target.value = '';
          void verifyFile(file);
        }}
      />
    </>
  );
}
