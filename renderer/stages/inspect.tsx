import { useEffect, useMemo } from 'react';
import type { AnalysisView } from '../../core/worker/contract-inspect.ts';
import { sentence } from '../api/client.ts';
import { ColourModes } from '../components/colour-modes.tsx';
import { useExtraColouring } from '../components/extra-colouring.ts';
import { SelectedGroup } from '../components/group-panel.tsx';
import { GraphView } from '../graph/graph-view.tsx';
import { showStage } from '../state/actions.ts';
import {
  clearInspect,
  loadInspect,
  measureLayers,
  redo,
  setLayers,
  show,
  undo,
  useInspect,
} from '../state/inspect.ts';
import { useGraph } from '../state/graph.ts';
import { isBusy } from '../state/job-state.ts';
import { cancelJob } from '../state/project.ts';
import { useStudio, type OpenModel } from '../state/store.ts';
import { COLOUR_MODES, colouringOf } from './inspect-colours.ts';
import { InspectList } from './inspect-list.tsx';
import { InspectPlan } from './inspect-plan.tsx';
import { rowsOf } from './inspect-rows.ts';
import { InspectTensor } from './inspect-tensor.tsx';
import { StageFrame } from './stage-frame.tsx';
import { TableComparison } from './table-comparison.tsx';

/** The Inspect stage: which layers lose most, why, and what giving them a wider type does. */
export function InspectPage() {
  const model = useStudio((state) => state.model);
  const version = useStudio((state) => state.project?.tableVersion);
  const analysis = useInspect((state) => state.analysis);
  const problem = useInspect((state) => state.problem);
  useEffect(() => clearInspect, []);
  // oxlint-disable-next-line react/exhaustive-effect-dependencies -- the files changed: read them again
  useEffect(() => void loadInspect(), [version]);
  useUndoKeys();
  if (!model) return null;
  if (analysis) return <Workbench model={model} analysis={analysis} />;
  return (
    <StageFrame
      title="Inspect"
      lead="Which layers lose most by quantization, why, and what can be done about it."
    >
      {problem?.code === 'file-missing' ? (
        <div className="panel inspect-start">
          <p>There is nothing to inspect yet: the network has not been quantized.</p>
          <button type="button" className="button primary large" onClick={() => showStage('quantize')}>
            Go to Quantize
          </button>
        </div>
      ) : problem ? (
        <p className="note note-bad" role="alert">
          {sentence(problem)}
        </p>
      ) : (
        analysis === null && <Measure />
      )}
    </StageFrame>
  );
}

/** The errors have not been measured for this table. */
function Measure() {
  const job = useStudio((state) => state.job);
  const state = useStudio(({ project }) => project?.stages.inspect);
  const mine = job?.stage === 'inspect' && isBusy(job.phase) ? job : undefined;
  return (
    <div className="panel inspect-start">
      <p>
        {state?.state === 'stale' ? 'The errors were measured for another table. ' : ''}
        Runs the float and the quantized network side by side on up to 20 samples and compares every layer:
        alone, and with everything quantized.
      </p>
      {mine ? (
        <div className="start-progress">
          <progress aria-label="Measuring" value={mine.fraction} max={1} />
          <output>{mine.text}</output>
          <button type="button" className="button" disabled={mine.phase === 'stopping'} onClick={cancelJob}>
            Cancel
          </button>
        </div>
      ) : (
        <button
          type="button"
          className="button primary large"
          disabled={isBusy(job?.phase)}
          onClick={() => void measureLayers()}
        >
          Measure every layer
        </button>
      )}
    </div>
  );
}

function Workbench({ model, analysis }: { model: OpenModel; analysis: AnalysisView }) {
  const { scene } = model;
  const mode = useInspect((state) => state.mode);
  const selected = useStudio((state) => state.selected);
  const group = useGraph((state) => state.group);
  const rows = useMemo(() => rowsOf(analysis, scene), [analysis, scene]);
  const own = useMemo(() => colouringOf(mode, scene, analysis), [mode, scene, analysis]);
  const colouring = useExtraColouring(scene) ?? own;
  return (
    <div className="inspect">
      <InspectList rows={rows} colouring={colouring} />
      <div className="inspect-graph">
        <GraphView scene={scene} colouring={colouring}>
          <ColourModes modes={COLOUR_MODES} mode={mode} onMode={(next) => show({ mode: next })} />
        </GraphView>
      </div>
      <aside className="inspector inspect-side" aria-label="Selected tensor" tabIndex={-1}>
        {selected >= 0 ? (
          <InspectTensor key={selected} model={model} analysis={analysis} />
        ) : group >= 0 ? (
          <SelectedGroup scene={scene} group={group} />
        ) : (
          <Overview analysis={analysis} />
        )}
      </aside>
      <InspectPlan rows={rows} scene={scene} />
    </div>
  );
}

/** What stands there while nothing is selected. */
function Overview({ analysis }: { analysis: AnalysisView }) {
  const runs = useStudio((state) => state.project?.runs ?? []);
  const current = useStudio((state) => state.project?.currentRun ?? null);
  const suggested = Object.entries(analysis.suggested);
  const take = (): void => {
    for (const format of new Set(suggested.map(([, type]) => type))) {
      setLayers(
        suggested.filter(([, type]) => type === format).map(([key]) => key),
        format,
      );
    }
  };
  return (
    <>
      <h2>Inspect</h2>
      <p className="dim">
        Measured on {analysis.samples} {analysis.samples === 1 ? 'sample' : 'samples'}. Select a layer to see
        its values and what can be done.
      </p>
      <h3>Suggestion</h3>
      {suggested.length === 0 ? (
        <p>No layer alone brings its output below 20 dB or a cosine of 0.99.</p>
      ) : (
        <>
          <p>
            {suggested.length} {suggested.length === 1 ? 'layer brings its' : 'layers alone bring their'}{' '}
            output below 20 dB or a cosine of 0.99.
          </p>
          <p>
            <button type="button" className="button" onClick={take}>
              Choose {suggested.length === 1 ? 'it' : 'them'}
            </button>
          </p>
        </>
      )}
      <h3>Compare tables</h3>
      <TableComparison key={current} runs={runs} current={current} />
    </>
  );
}

/** Ctrl + Z and Ctrl + Y; text fields undo what was typed in them. */
function useUndoKeys(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey)) return;
      if (event.target instanceof Element && event.target.matches('input, textarea')) return;
      const key = event.key.toLowerCase();
      if (key === 'z' && !event.shiftKey) undo();
      else if (key === 'y' || key === 'z') redo();
      else return;
      event.preventDefault();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
}
