import type { RunView } from '../../core/worker/contract-project.ts';
import { takeAdvice, useQuantize } from '../state/quantize.ts';
import { useStudio } from '../state/store.ts';
import { RunTable } from './run-table.tsx';

/** The runs of the project, and what was noticed in the one that is looked at. */
export function Runs() {
  const project = useStudio((state) => state.project);
  const shown = useQuantize((state) => state.shown);
  const output = useStudio((state) => state.model?.summary.outputs[0]?.shape);
  const classes = output?.filter((dim, axis) => axis > 0 && dim !== 1).length === 1;
  if (!project) return null;
  const { runs, currentRun } = project;
  const run = runs.find(({ number }) => number === (shown ?? currentRun)) ?? runs.at(-1);
  if (!run) {
    return (
      <p className="empty">Runs appear here to be compared; each keeps its files, so that you can go back.</p>
    );
  }
  return (
    <section className="panel run-panel" aria-label="Runs">
      <h3>Runs</h3>
      <RunTable runs={runs} current={currentRun} shown={run.number} classes={classes} />
      <h4>About run {run.number}</h4>
      {run.warnings.map((warning) => (
        <p key={warning} className="note note-warn">
          {capital(warning)}
        </p>
      ))}
      <ul className="advice">
        {run.advice.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      {Object.keys(run.advised).length > 0 && !follows(run) && (
        <button type="button" className="button" onClick={() => takeAdvice(run.advised)}>
          Fill in this advice
        </button>
      )}
      {run.warnings.length + run.advice.length === 0 && <p className="dim">Nothing to warn of.</p>}
    </section>
  );
}

/** Whether a run was already made as it advises. */
function follows({ advised, quantizer, qtype, extras }: RunView): boolean {
  const scheme = (advised['quantizer'] ?? quantizer) === quantizer && (advised['qtype'] ?? qtype) === qtype;
  const equalized = extras.some((extra) => extra.includes('equalized'));
  return scheme && (advised['crossLayerEqualization'] !== true || equalized);
}

const capital = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.?$/, '.')}`;
