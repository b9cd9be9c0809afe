import { useEffect, useRef } from 'react';
import { sentence } from '../api/client.ts';
import { pickedFiles } from '../api/dropped-files.ts';
import { formatCount } from '../graph/text.ts';
import {
  addFiles,
  currentForm,
  dismissAdded,
  loadInputs,
  removeSample,
  renewMeta,
  showInput,
  useInputs,
} from '../state/inputs.ts';
import { useStudio } from '../state/store.ts';
import { InputSettings } from './input-settings.tsx';
import { SampleGrid } from './sample-grid.tsx';
import { SamplePreview } from './sample-preview.tsx';
import { StageFrame } from './stage-frame.tsx';

/** The Inputs stage: where samples are and how each becomes the numbers that the network reads. */
export function InputsPage({ dropping }: { dropping: boolean }) {
  const version = useStudio((state) => state.project?.inputsVersion ?? '');
  const samples = useInputs((state) => state.samples);
  const form = useInputs(currentForm);
  // oxlint-disable-next-line react/exhaustive-effect-dependencies -- other files, other version
  useEffect(() => void loadInputs(), [version]);
  const some = samples !== undefined && samples.samples.length > 0;
  return (
    <StageFrame
      title="Inputs"
      lead="Pictures that look like real use, and how a picture becomes the numbers that the network reads."
      actions={<InputTabs />}
      next={{ stage: 'quantize', label: 'Next: Quantize', ready: some }}
    >
      <div className="inputs">
        <Samples dropping={dropping} version={version} />
        {some && form ? (
          <SamplePreview form={form} samples={samples} />
        ) : (
          <section className={dropping ? 'preview-empty drop-over' : 'preview-empty'} aria-label="Preview">
            <h3>{dropping ? 'Let go to add them' : 'Drop pictures here'}</h3>
            <p className="dim">
              50 to 200 that look like real use. You see here what the network will read of each.
            </p>
          </section>
        )}
        {form ? <InputSettings form={form} /> : <BrokenSettings />}
      </div>
    </StageFrame>
  );
}

/** A broken file can't fill a form, but it can be repaired as soon as it can be read. */
function BrokenSettings() {
  const problem = useInputs((state) => state.metaProblem);
  return (
    <section className="panel settings" aria-label="Settings">
      {problem && (
        <>
          <p className="note note-bad" role="status">
            {sentence(problem)}
          </p>
          <p className="dim">Repair it with an editor: the studio notices. Or start over:</p>
          <button type="button" className="button" onClick={() => void renewMeta()}>
            Replace it by a new description
          </button>
        </>
      )}
    </section>
  );
}

/** Which input of the network; nothing when there is only one. */
function InputTabs() {
  const inputs = useInputs((state) => state.meta?.inputs);
  const current = useInputs((state) => state.input);
  const ports = useStudio((state) => state.model?.summary.inputs);
  if (!inputs || inputs.length < 2) return null;
  return (
    <div className="segments" role="group" aria-label="Input of the network">
      {inputs.map(({ lid }) => (
        <button key={lid} type="button" aria-pressed={lid === current} onClick={() => showInput(lid)}>
          {ports?.find(({ key }) => key === lid)?.name ?? lid}
        </button>
      ))}
    </div>
  );
}

function Samples({ dropping, version }: { dropping: boolean; version: string }) {
  const samples = useInputs((state) => state.samples);
  const problem = useInputs((state) => state.samplesProblem);
  const input = useInputs((state) => state.input);
  const index = useInputs((state) => state.index);
  const count = samples?.samples.length ?? 0;
  return (
    <section className={dropping ? 'panel samples drop-over' : 'panel samples'} aria-label="Samples">
      <h3>
        {count === 0 ? 'Samples' : `${formatCount(count)} sample${count === 1 ? '' : 's'}`}
        {samples && samples.labelled > 0 && (
          <span className="tag">{formatCount(samples.labelled)} labelled</span>
        )}
      </h3>
      <p className="dim">
        {dropping
          ? 'Let go to add them.'
          : 'Drop pictures, .npy files, or folders here. Folders are classes; a .txt of names and numbers gives labels.'}
      </p>
      <AddButtons
        disabled={samples === undefined || samples.fixed !== null}
        selected={count > 0 ? index : -1}
      />
      {samples?.fixed && <p className="note">{samples.fixed}</p>}
      <Added />
      {problem && <p className="note note-bad">{sentence(problem)}</p>}
      {samples?.warnings.map((warning) => (
        <p key={warning} className="note note-warn">
          {warning}
        </p>
      ))}
      {samples && count > 0 && <SampleGrid samples={samples} input={input} index={index} version={version} />}
    </section>
  );
}

/** @param selected the sample that Remove is about, -1 = none */
function AddButtons({ disabled, selected }: { disabled: boolean; selected: number }) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const take = (input: HTMLInputElement): void => {
    const picked = pickedFiles([...(input.files ?? [])]);
    input.value = '';
    void addFiles(picked);
  };
  return (
    <div className="add-buttons">
      <button type="button" className="button" disabled={disabled} onClick={() => files.current?.click()}>
        Add files…
      </button>
      <button type="button" className="button" disabled={disabled} onClick={() => folder.current?.click()}>
        Add a folder…
      </button>
      <span className="spring" />
      <button
        type="button"
        className="button"
        title="Take the selected sample out (Delete)"
        disabled={disabled || selected < 0}
        onClick={() => void removeSample(selected)}
      >
        Remove
      </button>
      <input
        ref={files}
        type="file"
        multiple
        hidden
        data-testid="sample-input"
        onChange={(event) => take(event.target)}
      />
      <input
        ref={(element) => {
          folder.current = element;
          element?.setAttribute('webkitdirectory', '');
        }}
        type="file"
        hidden
        onChange={(event) => take(event.target)}
      />
    </div>
  );
}

/** What became of the last drop. */
function Added() {
  const added = useInputs((state) => state.added);
  if (!added) return null;
  const { rejected } = added;
  return (
    <div className={rejected.length > 0 ? 'note note-warn' : 'note'} role="status">
      <p>
        {added.added} added{added.labelled > 0 && `, ${added.labelled} labelled`}
        {rejected.length > 0 && `, ${rejected.length} refused:`}
      </p>
      <ul>
        {rejected.slice(0, 5).map(({ name, reason }) => (
          <li key={name}>
            <b>{name}</b>: {reason}
          </li>
        ))}
        {rejected.length > 5 && <li>and {rejected.length - 5} more</li>}
      </ul>
      <button type="button" className="button small" onClick={dismissAdded}>
        Dismiss
      </button>
    </div>
  );
}
