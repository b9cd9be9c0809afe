import { useMemo } from 'react';
import { sentence } from '../api/client.ts';
import type { Suggestion } from '../components/suggestions.tsx';
import { OpenButton } from '../components/open-button.tsx';
import { isBusy } from '../state/job-state.ts';
import {
  choiceProblem,
  choose,
  chooseInput,
  chooseOwn,
  importChosen,
  isGeneral,
  leaveSource,
} from '../state/source.ts';
import { useStudio, type OpenSource } from '../state/store.ts';
import { ImportInput } from './import-input.tsx';
import { formatBytes } from './inspect-cost.ts';
import { NameField } from './name-field.tsx';

/** What is imported: files, inputs, outputs. */
export function ImportForm({ source }: { source: OpenSource }) {
  const { view, choices, problem, drawn } = source;
  const busy = useStudio(({ job }) => isBusy(job?.phase));
  const name = useStudio(({ project }) => project?.name);
  const needed = view.missing.some(({ optional }) => !optional);
  const names = useMemo(() => (drawn ? namesOf(drawn.graph) : []), [drawn]);
  return (
    <form
      className="import-form"
      aria-label="Import"
      onSubmit={(event) => {
        event.preventDefault();
        void importChosen();
      }}
    >
      <header>
        <h2>{view.pending ? `Import ${view.file}` : `Import ${view.file} again`}</h2>
        <p className="dim">
          {view.pending
            ? 'It is not imported yet. What the model says is filled in.'
            : 'Replaces the network of this project; later stages then say that they are stale.'}
        </p>
      </header>
      {problem && isGeneral(problem, source) && (
        <p className="note note-bad" role="alert">
          {sentence(problem)}
        </p>
      )}
      <Files source={source} />
      {drawn && (
        <>
          <Inputs source={source} names={names} />
          <Outputs source={source} names={names} />
          <Settings source={source} />
        </>
      )}
      <footer>
        <button type="submit" className="button primary" disabled={busy || needed}>
          {view.missing.length > 0 && !needed ? 'Import without it' : 'Import'}
        </button>
        {drawn && (
          <button type="button" className="button" disabled={busy} onClick={() => void chooseOwn()}>
            Import as the model says
          </button>
        )}
        <button type="button" className="button" disabled={busy} onClick={() => void leaveSource()}>
          {name === undefined ? 'Give up' : `Back to ${name}`}
        </button>
      </footer>
      {choices.inputs.length === 0 && drawn && <p className="dim">The model needs no inputs.</p>}
    </form>
  );
}

/** Tensors first: a node stands for the first one it makes. */
function namesOf({ tensors }: NonNullable<OpenSource['drawn']>['graph']): Suggestion[] {
  const made = tensors.flatMap(({ makes }) => makes);
  const known = new Set(made);
  const nodes = new Set(tensors.map(({ node }) => node).filter((node) => node !== '' && !known.has(node)));
  return [
    ...made.map((text) => ({ text, note: 'tensor' })),
    ...[...nodes].map((text) => ({ text, note: 'node' })),
  ];
}

function Files({ source: { view } }: { source: OpenSource }) {
  return (
    <fieldset className="import-part">
      <legend>Files</legend>
      <ul className="import-files">
        {view.files.map(({ name, bytes }) => (
          <li key={name}>
            <bdi>{name}</bdi>
            <span className="dim">{formatBytes(bytes)}</span>
          </li>
        ))}
      </ul>
      {view.missing.map(({ name, optional }) => (
        <div key={name} className="import-missing" role="status">
          <p>
            {name.startsWith('.') ? `Add the ${name} file` : `Add ${name}`}
            <small>{optional ? 'drop it here; without it there are no weights' : 'drop it here'}</small>
          </p>
          <OpenButton className="button" label="Choose it…" />
        </div>
      ))}
    </fieldset>
  );
}

/** What only models of this kind can be told. */
function Settings({ source: { view, choices } }: { source: OpenSource }) {
  if (view.settings.length === 0) return null;
  const change = (key: string, value: string): void =>
    choose({ settings: { ...choices.settings, [key]: value } });
  return (
    <fieldset className="import-part">
      <legend>{view.format}</legend>
      {view.settings.map(({ key, label, help, choices: values }) => (
        <label key={key} className="field" title={help}>
          <span>{label}</span>
          {values.length > 0 ? (
            <select
              value={choices.settings[key] ?? values[0]}
              onChange={({ target }) => change(key, target.value)}
            >
              {values.map((value) => (
                <option key={value}>{value}</option>
              ))}
            </select>
          ) : (
            <input
              type="text"
              value={choices.settings[key] ?? ''}
              spellCheck={false}
              onChange={({ target }) => change(key, target.value)}
            />
          )}
        </label>
      ))}
    </fieldset>
  );
}

interface PartProps {
  source: OpenSource;
  names: readonly Suggestion[];
}

function Inputs({ source: { view, choices, problem }, names }: PartProps) {
  return (
    <fieldset className="import-part">
      <legend>Inputs</legend>
      {choices.inputs.map((input, index) => (
        <ImportInput
          key={index}
          input={input}
          index={index}
          declared={view.inputs.find(({ name }) => name === input.name)}
          types={view.types}
          names={names}
          problem={problem}
          onChange={(change) => chooseInput(index, change)}
          onRemove={() => choose({ inputs: choices.inputs.filter((_, at) => at !== index) })}
        />
      ))}
      <button
        type="button"
        className="link"
        onClick={() => choose({ inputs: [...choices.inputs, { name: '', shape: null, type: null }] })}
      >
        Add an input point
      </button>
    </fieldset>
  );
}

function Outputs({ source: { choices, problem }, names }: PartProps) {
  const { outputs } = choices;
  const change = (index: number, value: string): void =>
    choose({ outputs: outputs.map((name, at) => (at === index ? value : name)) });
  return (
    <fieldset className="import-part">
      <legend>Outputs</legend>
      {outputs.map((name, index) => {
        const wrong = choiceProblem(problem, ['outputs'], name);
        return (
          <div key={index} className="import-point">
            <NameField
              label={`Output ${index + 1}`}
              value={name}
              names={names}
              invalid={wrong !== undefined}
              describedBy={wrong === undefined ? undefined : `output-problem-${index}`}
              onChange={(value) => change(index, value)}
            />
            <button
              type="button"
              className="button small"
              aria-label={`Take output ${name} off the list`}
              onClick={() => choose({ outputs: outputs.filter((_, at) => at !== index) })}
            >
              ×
            </button>
            {wrong !== undefined && (
              <p id={`output-problem-${index}`} className="field-problem">
                {wrong}
              </p>
            )}
          </div>
        );
      })}
      <button type="button" className="link" onClick={() => choose({ outputs: [...outputs, ''] })}>
        Add an output point
      </button>
    </fieldset>
  );
}
