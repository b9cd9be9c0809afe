import type { StageName } from '../../core/worker/contract.ts';
import { showStage } from '../state/actions.ts';
import { useStudio, type StudioState } from '../state/store.ts';

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
  const stage = useStudio((state) => state.stage);
  const modelState = useStudio(describeModel);
  return (
    <nav className="rail" aria-label="Stages">
      <ol>
        <Item name="model" title="Model" state={modelState.text} dot={modelState.dot} current={stage} />
        {STAGES.map(({ name, title }) => (
          <Item key={name} name={name} title={title} state="command line for now" dot="" current={stage} />
        ))}
      </ol>
    </nav>
  );
}

interface ItemProps {
  name: 'model' | StageName;
  title: string;
  state: string;
  dot: string;
  current: 'model' | StageName;
}

function Item({ name, title, state, dot, current }: ItemProps) {
  return (
    <li>
      <button
        type="button"
        aria-current={current === name ? 'step' : undefined}
        onClick={() => showStage(name)}
      >
        <i className={`dot ${dot}`} aria-hidden="true" />
        <span className="rail-title">{title}</span>
        <small>{state}</small>
      </button>
    </li>
  );
}

const IMPORTING = { text: 'importing', dot: 'dot-busy' };
const FAILED = { text: 'could not be read', dot: 'dot-bad' };
const DONE = { text: 'imported', dot: 'dot-ok' };
const NONE = { text: 'none open', dot: '' };

/** One of a few fixed objects, so that the store sees no change where there is none. */
function describeModel({ job, model, problem }: StudioState): { text: string; dot: string } {
  if (job?.phase === 'running' || job?.phase === 'stopping') return IMPORTING;
  if (model) return DONE;
  return problem ? FAILED : NONE;
}
