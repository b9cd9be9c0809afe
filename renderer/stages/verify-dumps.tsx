import { useRef } from 'react';
import type { DumpsRequest, DumpsView } from '../../core/worker/contract-export.ts';
import { selectKey, showStage } from '../state/actions.ts';
import { isBusy } from '../state/job-state.ts';
import { useStudio } from '../state/store.ts';
import { compareDumps, hasTable, setAgainst, useVerify } from '../state/verify.ts';
import { DepthChart } from './depth-chart.tsx';

const NETWORKS: readonly [DumpsRequest['against'], string][] = [
  ['quantized', 'the quantized network'],
  ['float16', 'the network in float16'],
  ['float32', 'the network in float32'],
];

/** What a board wrote of every layer, against the simulator on the same sample. */
export function VerifyDumps() {
  const dumps = useVerify((state) => state.dumps);
  return (
    <>
      <section className="panel verify-dumps" aria-label="Layer dumps">
        <header>
          <h3>Layer dumps of a board</h3>
          <span className="spring" />
          <Against />
          <ChooseDumps />
        </header>
        <p className="dim">
          Run the program with <code>NN_LAYER_DUMP=1</code> on the sample above, and drop its folder{' '}
          <code>layer_dump</code> here, with what it printed with <code>CNN_PERF=1</code> if you like.
        </p>
        {dumps && <Findings dumps={dumps} />}
      </section>
      {dumps && (
        <DepthChart
          points={dumps.points}
          label="Dumps by layer"
          title="Dumps against the simulator, layer by layer"
          reference="the simulator"
        />
      )}
    </>
  );
}

function Against() {
  const isQuantized = useStudio(({ project }) => hasTable(project));
  const against = useVerify((state) => state.against) ?? (isQuantized ? 'quantized' : 'float32');
  return (
    <label className="chip-choice">
      <span>Compare with</span>
      <select
        value={against}
        onChange={({ target }) => {
          const chosen = NETWORKS.find(([name]) => name === target.value);
          if (chosen) setAgainst(chosen[0]);
        }}
      >
        {NETWORKS.map(([name, title]) => (
          <option key={name} value={name}>
            {title}
          </option>
        ))}
      </select>
    </label>
  );
}

function ChooseDumps() {
  const input = useRef<HTMLInputElement>(null);
  const busy = useStudio(({ job }) => isBusy(job?.phase));
  return (
    <>
      <button type="button" className="button" disabled={busy} onClick={() => input.current?.click()}>
        Choose dumps…
      </button>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        accept=".txt,.log"
        data-testid="dumps-input"
        onChange={({ target }) => {
          const files = [...(target.files ?? [])];
          target.value = '';
          void compareDumps(files);
        }}
      />
    </>
  );
}

function Findings({ dumps }: { dumps: DumpsView }) {
  const { first, absent, odd, oddCount, microseconds, points } = dumps;
  return (
    <>
      {first ? (
        <p className="match">
          <span className="mark mark-warn" aria-hidden="true">
            !
          </span>
          <span>
            First layer with other values:{' '}
            <button
              type="button"
              className="link"
              onClick={() => {
                selectKey(first.layer);
                showStage('model');
              }}
            >
              {first.layer}
            </button>
            , {first.differing.toLocaleString('en-US')} of {first.elements.toLocaleString('en-US')} values.
          </span>
        </p>
      ) : (
        <p className="match">
          <span className="mark mark-ok" aria-hidden="true">
            ✓
          </span>
          <span>All {points.length} layers hold the same values as simulated.</span>
        </p>
      )}
      <p className="dim">
        {absent > 0 &&
          `${absent === 1 ? '1 output of a node has' : `${absent} outputs of nodes have`} no dump. `}
        {microseconds !== null && `${(microseconds / 1000).toFixed(2)} ms on the device, layer by layer. `}
        The values are under Data on the graph.
      </p>
      {oddCount > 0 && (
        <details>
          <summary>{oddCount === 1 ? '1 file was' : `${oddCount} files were`} not compared</summary>
          <ul>
            {odd.map(({ file, reason }) => (
              <li key={file}>
                <code>{file}</code>: {reason}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}
