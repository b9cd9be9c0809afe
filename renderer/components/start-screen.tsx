import type { ModelFormat } from '../../core/worker/contract.ts';
import { useStudio } from '../state/store.ts';
import { isBusy, OpenButton } from './open-button.tsx';

/** What a person sees first: one place to bring a model to. */
export function StartScreen({ dropping }: { dropping: boolean }) {
  const core = useStudio((state) => state.core);
  const busy = useStudio((state) => isBusy(state.job?.phase));
  const name = useStudio((state) => state.job?.title);
  return (
    <div className="start">
      <section className={dropping ? 'drop drop-over' : 'drop'} aria-labelledby="drop-title">
        <DropPicture />
        <h2 id="drop-title">{busy ? name : dropping ? 'Let go to open it' : 'Drop a model here'}</h2>
        <p className="lead">
          {busy
            ? 'The graph appears as soon as it is read.'
            : 'You see its layers first; nothing is changed and nothing leaves this computer.'}
        </p>
        <OpenButton className="button primary large" label="Choose a file…" />
        <Formats formats={core?.formats ?? []} />
      </section>
    </div>
  );
}

function Formats({ formats }: { formats: readonly ModelFormat[] }) {
  const readable = formats.filter((format) => format.readable);
  const coming = formats.filter((format) => !format.readable);
  return (
    <dl className="formats">
      <dt>Opens now</dt>
      <dd>
        {readable.map((format) => (
          <span className="tag tag-on" key={format.name}>
            {format.name} <code>{format.extensions.join(' ')}</code>
          </span>
        ))}
      </dd>
      <dt>Not yet</dt>
      <dd>
        {coming.map((format) => (
          <span className="tag" key={format.name}>
            {format.name}
          </span>
        ))}
      </dd>
    </dl>
  );
}

/** A chain of layers with a branch: what will be here in a moment. */
function DropPicture() {
  return (
    <svg className="drop-picture" viewBox="0 0 132 108" aria-hidden="true">
      <path d="M66 24v14M66 56v14M66 88v8M90 47c22 0 22 32 0 32" />
      <rect x="42" y="6" width="48" height="18" rx="5" data-op="io" />
      <rect x="42" y="38" width="48" height="18" rx="5" data-op="conv" />
      <rect x="42" y="70" width="48" height="18" rx="5" data-op="activation" />
    </svg>
  );
}
