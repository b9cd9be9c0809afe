import type { StageName } from '../../core/worker/contract.ts';
import type { StageState } from '../../core/worker/contract-project.ts';
import { showStage } from '../state/actions.ts';
import { isBusy } from '../state/job-state.ts';
import { useStudio } from '../state/store.ts';

/** The stages after Model, in the order they are done. */
export const STAGES: readonly { name: StageName; title: string }[] = [
  { name: 'inputs', title: 'Inputs' },
  { name: 'quantize', title: 'Quantize' },
  { name: 'inspect', title: 'Inspect' },
  { name: 'target', title: 'Target' },
  { name: 'export', title: 'Export' },
  { name: 'verify', title: 'Verify' },
];

/** The stages; each says its state in words. */
export function Rail() {
  return (
    <nav className="rail" aria-label="Stages">
      <ol>
        <Item name="model" title="Model" />
        {STAGES.map(({ name, title }) => (
          <Item key={name} name={name} title={title} />
        ))}
      </ol>
    </nav>
  );
}

const DOTS: Readonly<Record<StageState['state'], string>> = {
  todo: '',
  done: 'dot-ok',
  stale: 'dot-warn',
  failed: 'dot-bad',
};

function Item({ name, title }: { name: 'model' | StageName; title: string }) {
  const current = useStudio((state) => state.stage === name);
  const state = useStudio(({ project }) => project?.stages[name]);
  const busy = useStudio(({ job }) => isBusy(job?.phase) && job?.stage === name);
  const refused = useStudio(({ problem, source }) =>
    name !== 'model' ? undefined : source?.view.pending ? 'not imported yet' : problem && 'could not be read',
  );
  const [text, dot] = describe(state, busy, refused);
  const words = text === '' && name === 'model' ? 'none open' : text;
  return (
    <li>
      <button type="button" aria-current={current ? 'step' : undefined} onClick={() => showStage(name)}>
        <i className={`dot ${dot}`} aria-hidden="true" />
        <span className="rail-title">{title}</span>
        <small title={words}>{words === '' ? 'open a model first' : words}</small>
      </button>
    </li>
  );
}

function describe(
  state: StageState | undefined,
  busy: boolean,
  refused: string | undefined,
): [text: string, dot: string] {
  if (busy) return ['working on it', 'dot-busy'];
  if (!state) return refused === undefined ? ['', ''] : [refused, 'dot-bad'];
  const text = state.state === 'stale' ? `stale: ${state.text}` : state.text;
  return [text, DOTS[state.state]];
}
