import { isBusy } from '../state/job-state.ts';
import { closeModel } from '../state/project.ts';
import { useStudio, type OpenModel } from '../state/store.ts';
import { formatCount } from '../graph/text.ts';
import { OpenButton } from './open-button.tsx';

/** Name of the program, and what is open. */
export function Header() {
  const model = useStudio((state) => state.model);
  const busy = useStudio((state) => isBusy(state.job?.phase));
  return (
    <header className="header">
      <h1>Nibble Studio</h1>
      {model && <ModelLine model={model} />}
      <span className="spring" />
      {model && (
        <>
          <OpenButton className="button" label="Open another model" />
          <button type="button" className="button" disabled={busy} onClick={() => void closeModel()}>
            Close
          </button>
        </>
      )}
    </header>
  );
}

function ModelLine({ model: { summary } }: { model: OpenModel }) {
  const folder = useStudio((state) => state.project?.folder);
  const parts = [
    summary.framework ?? summary.format,
    `${formatCount(summary.layers)} layers`,
    `${formatCount(summary.connections)} connections`,
    summary.parameters === null ? undefined : `${formatCount(summary.parameters)} parameters`,
  ].filter((part) => part !== undefined);
  return (
    <p className="model-line">
      <strong title={folder}>{summary.name}</strong>
      <span>{parts.join(' · ')}</span>
    </p>
  );
}
