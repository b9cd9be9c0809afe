import { useState } from 'react';
import type { InputForm } from '../../core/worker/contract-project.ts';
import { sentence } from '../api/client.ts';
import { editForm, useInputs } from '../state/inputs.ts';
import { channelNames, channelsOf, channelValues, PRESETS } from './input-formula.ts';
import { NumberField } from './number-field.tsx';
import { YamlEditor } from './yaml-editor.tsx';

/** More fields than this nobody fills in by hand. */
const MOST_FIELDS = 8;

/** How the chosen input is prepared: a form and the file behind it. */
export function InputSettings({ form }: { form: InputForm }) {
  const [tab, setTab] = useState<'form' | 'yaml'>('form');
  const file = useInputs((state) => state.meta?.file);
  return (
    <section className="panel settings" aria-label="Settings">
      <div className="segments" role="group" aria-label="How to edit">
        {(['form', 'yaml'] as const).map((name) => (
          <button key={name} type="button" aria-pressed={tab === name} onClick={() => setTab(name)}>
            {name === 'form' ? 'Form' : 'YAML'}
          </button>
        ))}
      </div>
      {tab === 'form' ? <Form form={form} /> : <YamlEditor label={file ?? 'Input description'} />}
      <SaveState />
    </section>
  );
}

function SaveState() {
  const problem = useInputs((state) => state.metaProblem);
  const saving = useInputs((state) => state.saving);
  const meta = useInputs((state) => state.meta);
  const text =
    saving !== 'no'
      ? 'Saving…'
      : meta?.saved === true
        ? `Saved in ${meta.file}`
        : 'Suggested; saved with the first change';
  return (
    <p className={problem ? 'note note-bad' : 'dim save-state'} role="status">
      {problem && saving === 'no'
        ? `Not saved: ${problem.place.line === undefined ? '' : `line ${problem.place.line}: `}${sentence({ ...problem, place: {} })}`
        : text}
    </p>
  );
}

function Form({ form }: { form: InputForm }) {
  const channels = channelsOf(form);
  const names = channelNames(form);
  const setMean = (channel: number, value: number | undefined): void =>
    editForm({ mean: names.map((_, at) => (at === channel ? (value ?? 0) : channelValues(form, at).mean)) });
  const setScale = (channel: number, value: number | undefined): void => {
    const scales = names.map((_, at) => (at === channel ? (value ?? 1) : channelValues(form, at).scale));
    editForm({ scale: scales.every((scale) => scale === scales[0]) ? scales[0] : scales });
  };
  return (
    <div className="form">
      <Choice
        label="Samples are"
        value={form.category}
        options={[
          ['image', 'pictures'],
          ['frequency', 'sound spectra'],
          ['undefined', 'numbers'],
        ]}
        onChange={(category) => editForm({ category })}
      />
      {channels > 1 && (
        <Choice
          label="Channels"
          value={form.reverseChannel ? 'bgr' : 'rgb'}
          options={[
            ['rgb', channels === 3 ? 'red, green, blue' : 'as in the file'],
            ['bgr', channels === 3 ? 'blue, green, red' : 'reversed'],
          ]}
          onChange={(order) => editForm(reordered(form, order === 'bgr'))}
        />
      )}
      <Choice
        label="Layout"
        value={form.layout}
        options={[
          ['nchw', 'NCHW, planes'],
          ['nhwc', 'NHWC, interleaved'],
        ]}
        onChange={(layout) => editForm({ layout })}
      />
      <Choice
        label="Fitting"
        value={form.fitting}
        options={[
          ['scale', 'stretched to the size'],
          ...(form.fitting === 'scale' ? [] : [[form.fitting, form.fitting] as [string, string]]),
        ]}
        onChange={(fitting) => editForm({ fitting })}
      />
      <fieldset>
        <legend>Trained on</legend>
        <div className="presets">
          {PRESETS.filter(({ name }) => name !== 'ImageNet' || channels === 3).map(
            ({ name, title, make }) => (
              <button
                key={name}
                type="button"
                className="button small"
                title={title}
                onClick={() => editForm(make(form))}
              >
                {name}
              </button>
            ),
          )}
        </div>
      </fieldset>
      {channels <= MOST_FIELDS ? (
        <table className="channel-table">
          <thead>
            <tr>
              <th scope="col">Channel</th>
              <th scope="col">Mean</th>
              <th scope="col">Scale</th>
            </tr>
          </thead>
          <tbody>
            {names.map((name, channel) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>
                  <NumberField
                    hideLabel
                    label={`Mean, ${name}`}
                    value={channelValues(form, channel).mean}
                    onChange={(value) => setMean(channel, value)}
                  />
                </td>
                <td>
                  <NumberField
                    hideLabel
                    label={`Scale, ${name}`}
                    value={channelValues(form, channel).scale}
                    onChange={(value) => setScale(channel, value)}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <p className="dim">{channels} channels: edit mean and scale in the YAML.</p>
      )}
    </div>
  );
}

/** Another channel order; mean and scale stay with their colours. */
function reordered(
  { mean, scale, reverseChannel: old }: InputForm,
  reverseChannel: boolean,
): Partial<InputForm> {
  if (old === reverseChannel) return {};
  const turned = typeof scale === 'number' ? scale : scale.toReversed();
  return { reverseChannel, mean: mean.toReversed(), scale: turned };
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChange: (value: T) => void;
}

/** One of a few, with its label in front. */
function Choice<T extends string>({ label, value, options, onChange }: ChoiceProps<T>) {
  return (
    <label className="field">
      <span>{label}</span>
      <select
        value={value}
        onChange={({ target }) => {
          const found = options.find(([name]) => name === target.value);
          if (found) onChange(found[0]);
        }}
      >
        {options.map(([name, text]) => (
          <option key={name} value={name}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
