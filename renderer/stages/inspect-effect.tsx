import type { OutcomeView } from '../../core/worker/contract-inspect.ts';
import { applyDraft, isCurrent, tryDraft, useInspect } from '../state/inspect.ts';
import { isBusy } from '../state/job-state.ts';
import { cancelJob } from '../state/project.ts';
import { useStudio } from '../state/store.ts';
import { formatBytes, spellBytes } from './inspect-cost.ts';
import { percent } from './inspect-why.ts';

/** What the changes do to the outputs: tried, or made. */
export function InspectEffect() {
  const effect = useInspect((state) => state.effect);
  const current = useInspect(isCurrent);
  const wrong = useInspect((state) => state.textProblems.length > 0);
  const count = useInspect(
    ({ draft }) => Object.keys(draft.layers).length + Object.keys(draft.ranges).length,
  );
  const applied = useInspect((state) => state.applied);
  const job = useStudio((state) => state.job);
  const hybrid = useStudio(({ project }) =>
    project?.runs.some(
      ({ number, extras }) =>
        number === project.currentRun && extras.some((extra) => extra.startsWith('hybrid:')),
    ),
  );
  const busy = isBusy(job?.phase);
  const mine = busy && job?.stage === 'inspect';
  const idle = wrong || (count === 0 && hybrid !== true);
  return (
    <div className="plan-part plan-effect">
      <div className="plan-tools">
        <h3>Effect on the outputs</h3>
        <span className="spring" />
        {mine ? (
          <button type="button" className="button" disabled={job.phase === 'stopping'} onClick={cancelJob}>
            Cancel
          </button>
        ) : (
          <>
            <button
              type="button"
              className="button"
              disabled={idle || busy}
              title="Runs it on a few samples; nothing is changed"
              onClick={() => void tryDraft()}
            >
              Try
            </button>
            <button
              type="button"
              className="button primary"
              disabled={idle || busy}
              title="Makes a new run: NAME.quantize.json with converters and the new table"
              onClick={() => void applyDraft()}
            >
              Apply
            </button>
          </>
        )}
      </div>
      {mine ? (
        <p className="dim">{job.text}</p>
      ) : applied?.evaluation ? (
        <p className="note" role="status">
          Run {applied.number}: outputs at {outputs(applied.evaluation.outputs)} on {applied.samples} samples,
          weights {formatBytes(applied.weightBytes)}. Earlier runs are kept on the Quantize page.
        </p>
      ) : effect ? (
        <>
          {!current && <p className="note note-warn">This was for other changes: try again.</p>}
          <Comparison {...effect.view} />
        </>
      ) : (
        <p className="dim">“Try” shows what the changes do to the outputs before anything is written.</p>
      )}
    </div>
  );
}

function Comparison({
  samples,
  before,
  after,
  converters,
}: {
  samples: number;
  before: OutcomeView;
  after: OutcomeView;
  converters: number;
}) {
  const rows: [string, string, string][] = [
    ['SQNR', decibelsOf(before), decibelsOf(after)],
    ['Cosine', cosineOf(before), cosineOf(after)],
    ['Same answer', percent(before.agreement), percent(after.agreement)],
    [
      'Weights',
      formatBytes(before.weightBytes),
      `${formatBytes(after.weightBytes)} (${spellBytes(after.weightBytes - before.weightBytes)})`,
    ],
  ];
  return (
    <table className="plan-comparison" aria-label="Outputs before and after">
      <thead>
        <tr>
          <th scope="col">{samples} samples</th>
          <th scope="col">now</th>
          <th scope="col">changed</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, then, now]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{then}</td>
            <td>{now}</td>
          </tr>
        ))}
        <tr>
          <th scope="row">Converters</th>
          <td>–</td>
          <td>{converters}</td>
        </tr>
      </tbody>
    </table>
  );
}

/** Of the worst output. */
function decibelsOf({ outputs: all }: Pick<OutcomeView, 'outputs'>): string {
  const found = all.flatMap(({ sqnr }) => (sqnr === null ? [] : [sqnr]));
  return found.length === 0 ? 'no error' : `${Math.min(...found).toFixed(1)} dB`;
}

const cosineOf = ({ outputs: all }: Pick<OutcomeView, 'outputs'>): string =>
  Math.min(...all.map(({ cosine }) => cosine)).toFixed(5);

const outputs = (all: OutcomeView['outputs']): string =>
  `${decibelsOf({ outputs: all })}, cosine ${cosineOf({ outputs: all })}`;
