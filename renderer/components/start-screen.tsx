import type { ModelFormat } from '../../core/worker/contract.ts';
import { isBusy } from '../state/job-state.ts';
import { openProject, openSample } from '../state/project.ts';
import { useStudio } from '../state/store.ts';
import { OpenButton } from './open-button.tsx';

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
            : 'It becomes a project folder; nothing leaves this computer.'}
        </p>
        <div className="start-buttons">
          <OpenButton className="button primary large" label="Choose a file…" />
          <button
            type="button"
            className="button large"
            disabled={busy || !core}
            onClick={() => void openSample()}
          >
            Open the sample project
          </button>
        </div>
        <Formats formats={core?.formats ?? []} />
      </section>
      <Recent />
    </div>
  );
}

/** Projects that were open before. */
function Recent() {
  const recent = useStudio((state) => state.recent);
  const busy = useStudio((state) => isBusy(state.job?.phase));
  if (recent.length === 0) return null;
  return (
    <section className="recent" aria-labelledby="recent-title">
      <h2 id="recent-title">Recent projects</h2>
      <ul>
        {recent.map(({ id, name, folder, opened }) => (
          <li key={id}>
            <button type="button" disabled={busy} onClick={() => void openProject(id)}>
              <strong>{name}</strong>
              <span className="dim">{folder}</span>
              <small className="dim">{opened === null ? 'not opened yet' : when(opened)}</small>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function when(time: number): string {
  return new Date(time).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

function Formats({ formats }: { formats: readonly ModelFormat[] }) {
  const readable = formats.filter((format) => format.readable);
  const coming = formats.filter((format) => !format.readable);
  // Nothing is known before the core answers.
  if (formats.length === 0) return null;
  return (
    <dl className="formats">
      <dt>Opens</dt>
      <dd>
        {readable.map((format) => (
          <span className="tag tag-on" key={format.name}>
            {format.name} <code>{endings(format)}</code>
          </span>
        ))}
      </dd>
      {coming.length > 0 && (
        <>
          <dt>Not yet</dt>
          <dd>
            {coming.map((format) => (
              <span className="tag" key={format.name}>
                {format.name}
              </span>
            ))}
          </dd>
        </>
      )}
    </dl>
  );
}

/** How its files end; both, where a model is a pair of files. */
function endings({ extensions, companions }: ModelFormat): string {
  return companions.length === 1 ? `${extensions.join(' ')} + ${companions[0]}` : extensions.join(' ');
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
