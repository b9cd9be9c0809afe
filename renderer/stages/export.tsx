import { useEffect, useRef } from 'react';
import type { BuildView, ExportView } from '../../core/worker/contract-export.ts';
import { formatSeconds } from '../graph/text.ts';
import { showStage } from '../state/actions.ts';
import {
  buildCase,
  chosenBuild,
  exportCase,
  loadExport,
  setBuilding,
  showTab,
  useExport,
  type ExportTab,
} from '../state/export.ts';
import { isBusy } from '../state/job-state.ts';
import { cancelJob } from '../state/project.ts';
import { useStudio } from '../state/store.ts';
import { CaseBrowser } from './case-browser.tsx';
import { ExportForm } from './export-form.tsx';
import { PostProcessEditor } from './post-process.tsx';
import { StageFrame } from './stage-frame.tsx';

/** The Export stage: what is written, what it looks like, and whether it runs. */
export function ExportPage() {
  const stage = useStudio((state) => state.project?.stages.export);
  const quantized = useStudio((state) => state.project?.stages.quantize.text);
  const version = `${stage?.text}; ${quantized}`;
  useEffect(() => void loadExport(version), [version]);
  return (
    <StageFrame
      title="Export"
      lead="Writes the C project for the board, and tries it on this computer first."
      next={{ stage: 'verify', label: 'Next: Verify', ready: stage?.state === 'done' }}
    >
      <div className="export">
        <section className="panel export-form" aria-label="Options">
          <ExportForm />
          <Actions />
        </section>
        <Result />
      </div>
    </StageFrame>
  );
}

function Actions() {
  const job = useStudio((state) => state.job);
  const stages = useStudio((state) => state.project?.stages);
  const exported = useExport((state) => state.exported);
  const build = useExport(chosenBuild);
  const busy = isBusy(job?.phase);
  const mine = job?.stage === 'export' && busy ? job : undefined;
  if (mine) {
    return (
      <div className="export-actions">
        <progress aria-label={mine.title} value={mine.fraction} max={1} />
        <output>{mine.text}</output>
        <button type="button" className="button" disabled={mine.phase === 'stopping'} onClick={cancelJob}>
          Cancel
        </button>
      </div>
    );
  }
  const stale = stages?.export.state === 'stale' ? stages.export.text : undefined;
  const unquantized = stages?.quantize.state === 'todo';
  return (
    <div className="export-actions">
      {unquantized && (
        <p className="note">
          The network is not quantized: it is exported in floating point, which NN cores of most chips do not
          compute.{' '}
          <button type="button" className="link" onClick={() => showStage('quantize')}>
            Quantize first
          </button>
        </p>
      )}
      {stale !== undefined && <p className="note note-warn">The export is stale: {stale}. Export again.</p>}
      <div className="export-buttons">
        <button
          type="button"
          className={exported && stale === undefined ? 'button' : 'button primary'}
          disabled={busy}
          onClick={() => void exportCase()}
        >
          Export
        </button>
        <button
          type="button"
          className={exported && stale === undefined ? 'button primary' : 'button'}
          disabled={busy || !exported}
          title="Compiles a copy of the exported C code against the simulator, and runs its self test"
          onClick={() => void buildCase()}
        >
          Build and run on this PC
        </button>
      </div>
      {exported && <WhichCase exported={exported} />}
      {build && <BuildLine build={build} />}
      {exported?.warnings.map((warning) => (
        <p key={warning} className="note note-warn">
          {warning}
        </p>
      ))}
    </div>
  );
}

/** Which of several exported cases is built; there is nothing to choose while there is one. */
function WhichCase({ exported: { folders } }: { exported: ExportView }) {
  const building = useExport((state) => state.building);
  if (folders.length < 2) return null;
  return (
    <label className="field">
      <span>Build and run</span>
      <select
        value={building}
        onChange={({ target }) => setBuilding(target.value === 'unify' ? 'unify' : 'case')}
      >
        {folders.map(({ kind }) => (
          <option key={kind} value={kind} disabled={kind === 'viplite'}>
            {CASES[kind]}
          </option>
        ))}
      </select>
    </label>
  );
}

const CASES: Readonly<Record<ExportView['folders'][number]['kind'], string>> = {
  case: 'the case in C',
  unify: 'the packed network (unify)',
  viplite: 'VIPLite: needs the driver’s SDK',
};

const TABS: readonly { tab: ExportTab; title: string }[] = [
  { tab: 'files', title: 'Files' },
  { tab: 'post', title: 'Post-processing' },
  { tab: 'build', title: 'Build and run' },
];

function Result() {
  const tab = useExport((state) => state.tab);
  const exported = useExport((state) => state.exported);
  return (
    <section className="panel export-result" aria-label="Result">
      <div className="segments" role="group" aria-label="What to look at">
        {TABS.map(({ tab: name, title }) => (
          <button key={name} type="button" aria-pressed={name === tab} onClick={() => showTab(name)}>
            {title}
          </button>
        ))}
      </div>
      {tab === 'post' ? (
        <PostProcessEditor />
      ) : !exported ? (
        <p className="empty export-empty">
          Nothing has been exported yet. The files appear here to be read; they go to the folder “export” of
          the project.
        </p>
      ) : tab === 'files' ? (
        <CaseBrowser exported={exported} />
      ) : (
        <Build />
      )}
    </section>
  );
}

function Build() {
  const build = useExport(chosenBuild);
  const running = useStudio(
    ({ job }) => job?.stage === 'export' && isBusy(job.phase) && job.title.startsWith('Build'),
  );
  return (
    <div className="build">
      <p className="note">
        This runs on this computer, with our simulator in place of the NPU and its driver. It shows that the C
        code compiles and computes what was simulated. It has not been run on a board.
      </p>
      {running && <p className="dim">Compiling and running…</p>}
      {!running && !build && <p className="empty">Not built yet.</p>}
      {!running && build && (
        <>
          <BuildLine build={build} />
          <Terminal key={build.finished} text={build.output} />
        </>
      )}
    </div>
  );
}

/** What was printed; its end says most. */
function Terminal({ text }: { text: string }) {
  const box = useRef<HTMLPreElement>(null);
  useEffect(() => {
    box.current?.scrollTo(0, box.current.scrollHeight);
  }, []);
  return (
    <pre ref={box} className="terminal" tabIndex={0} aria-label="Output of the build">
      {text}
    </pre>
  );
}

function BuildLine({ build: { passed, compileSeconds, runSeconds } }: { build: BuildView }) {
  const [mark, tone, text] =
    passed === null
      ? ['✓', 'ok', 'Compiled; without a self test there is nothing to run']
      : passed
        ? ['✓', 'ok', 'Self test: PASS']
        : ['✕', 'bad', 'Self test: FAIL'];
  return (
    <p className="match" role="status">
      <span className={`mark mark-${tone}`} aria-hidden="true">
        {mark}
      </span>
      <span>
        <strong>{text}</strong>{' '}
        <span className="dim">
          compiled in {formatSeconds(compileSeconds)}
          {passed !== null && `, ran for ${formatSeconds(runSeconds)}`}
        </span>
      </span>
    </p>
  );
}
