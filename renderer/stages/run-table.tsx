import type { RunView } from '../../core/worker/contract-project.ts';
import { formatBytes, formatCount, formatReal } from '../graph/text.ts';
import { goBackTo, showRun } from '../state/quantize.ts';

interface RunTableProps {
  runs: readonly RunView[];
  current: number | null;
  /** The run whose notes are shown. */
  shown: number | undefined;
  /** Whether the first output is a list of classes, whose best one can be compared. */
  classes: boolean;
}

/** All runs, newest first, with what is needed to choose between them. */
export function RunTable({ runs, current, shown, classes }: RunTableProps) {
  return (
    <div className="runs-scroll">
      <table className="runs">
        <thead>
          <tr>
            <th scope="col">Run</th>
            <th scope="col">Scheme</th>
            <th scope="col">Ranges</th>
            <th scope="col" className="right">
              Samples
            </th>
            <th
              scope="col"
              className="right"
              title="Signal to quantization noise of the worst output; 20 dB: the noise has a tenth of the amplitude"
            >
              Outputs, SQNR
            </th>
            <th
              scope="col"
              className="right"
              title="Mean over all layers with everything quantized; measured by Best accuracy"
            >
              Layers, SQNR
            </th>
            <th
              scope="col"
              className="right"
              title="Share of the samples with the same best class as the float network"
            >
              Same answer
            </th>
            <th
              scope="col"
              className="right"
              title="Share of the labelled samples that are right; in brackets the float network"
            >
              Accuracy (float)
            </th>
            <th scope="col" className="right">
              Weights
            </th>
            <th scope="col" className="right">
              Time
            </th>
            <th scope="col">
              <span className="sr-only">Use</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {runs.toReversed().map((run) => (
            <Row
              key={run.number}
              run={run}
              inUse={run.number === current}
              shown={run.number === shown}
              classes={classes}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  run: RunView;
  inUse: boolean;
  shown: boolean;
  classes: boolean;
}

function Row({ run, inUse, shown, classes }: RowProps) {
  const { evaluation } = run;
  const accuracy = evaluation?.accuracy;
  return (
    <tr aria-current={shown || undefined} onClick={() => showRun(run.number)}>
      <th scope="row">
        <button type="button" className="link" onClick={() => showRun(run.number)}>
          {run.number}
        </button>
      </th>
      <td>
        {run.quantizer} {run.qtype}
        {run.extras.length > 0 && <small>{run.extras.join(', ')}</small>}
      </td>
      <td>{run.algorithm}</td>
      <td className="right">{formatCount(run.samples)}</td>
      <td className="right">{worstOutput(run)}</td>
      <td className="right">{run.meanSqnr === null ? '–' : `${formatReal(round(run.meanSqnr))} dB`}</td>
      <td className="right">{evaluation && classes ? percent(evaluation.agreement) : '–'}</td>
      <td className="right">
        {accuracy ? `${percent(accuracy.quantized)} (${percent(accuracy.float)})` : '–'}
      </td>
      <td className="right">{formatBytes(run.weightBytes)}</td>
      <td className="right">{run.seconds.toFixed(1)} s</td>
      <td>
        {inUse ? (
          <span className="tag tag-on">in use</span>
        ) : (
          <button
            type="button"
            className="button small"
            title="Make the files of this run the project's again"
            onClick={(event) => {
              event.stopPropagation();
              void goBackTo(run.number);
            }}
          >
            Use
          </button>
        )}
      </td>
    </tr>
  );
}

function worstOutput({ evaluation }: RunView): string {
  const found = (evaluation?.outputs ?? []).flatMap(({ sqnr }) => (sqnr === null ? [] : [sqnr]));
  if (!evaluation) return '–';
  return found.length === 0 ? 'no error' : `${formatReal(round(Math.min(...found)))} dB`;
}

const round = (value: number): number => Math.round(value * 10) / 10;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
