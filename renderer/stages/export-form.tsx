import type { OptionView } from '../../core/worker/contract-project.ts';
import { showStage } from '../state/actions.ts';
import { packingOf, setExportOption, setPacking, showTab, useExport } from '../state/export.ts';
import { useStudio } from '../state/store.ts';
import { ADVANCED, ELSEWHERE, MAIN, PACKINGS } from './export-options.ts';
import { OptionField } from './option-field.tsx';

/** The options of an export; a few, and the rest behind "Advanced". */
export function ExportForm() {
  const options = useExport((state) => state.options);
  const packing = useExport(packingOf);
  const find = (key: string): OptionView | undefined => options.find((option) => option.key === key);
  const known = new Set([...Object.keys(MAIN), ...Object.keys(ADVANCED), ...ELSEWHERE]);
  const rest = options.filter(({ key }) => !known.has(key));
  const hidden = (key: string): boolean =>
    packing !== 'none' && (key === 'saveFusedGraph' || key === 'forceRemovePermute');
  return (
    <>
      <Row option={find('dtype')} {...MAIN['dtype']} />
      <PackingChoice />
      <Row option={find('selfTest')} {...MAIN['selfTest']} />
      <PostProcessLine />
      <Row option={find('targetIdeProject')} {...MAIN['targetIdeProject']} />
      <details className="advanced">
        <summary>Advanced</summary>
        {Object.entries(ADVANCED).map(
          ([key, wording]) => !hidden(key) && <Row key={key} option={find(key)} {...wording} />,
        )}
        {rest.map((option) => (
          <Row key={option.key} option={option} label={option.name} />
        ))}
      </details>
    </>
  );
}

function Row({ option, label, help }: { option: OptionView | undefined; label: string; help?: string }) {
  const value = useExport((state) => (option ? state.given[option.key] : undefined));
  if (!option) return null;
  return (
    <OptionField
      option={option}
      label={label}
      help={help ?? option.help}
      value={value}
      none="default"
      onChange={(changed) => setExportOption(option.key, changed)}
    />
  );
}

function PackingChoice() {
  const packing = useExport(packingOf);
  const target = useStudio((state) => state.project?.target);
  const sdk = useExport((state) => state.given['vivSdk']);
  return (
    <fieldset className="packing">
      <legend>What to write</legend>
      {PACKINGS.map(({ packing: value, title, text }) => (
        <label key={value} className="chip-row">
          <input
            type="radio"
            name="packing"
            checked={packing === value}
            disabled={value !== 'none' && !target}
            onChange={() => setPacking(value)}
          />
          <span>{title}</span>
          <small>{text}</small>
        </label>
      ))}
      {!target && (
        <p className="dim">
          Packing needs to know the chip.{' '}
          <button type="button" className="link" onClick={() => showStage('target')}>
            Choose it
          </button>
        </p>
      )}
      {packing !== 'none' && sdk === undefined && (
        <p className="note note-warn">
          Without the vendor’s SDK the packed file is in our own format: it runs in the simulator on this
          computer, no NPU takes it. The C code in the first folder is for the board.
        </p>
      )}
    </fieldset>
  );
}

/** Whether there is a post-processing file, and the way to it. */
function PostProcessLine() {
  const post = useExport((state) => state.post);
  if (!post) return null;
  const { saved, kinds, problem } = post;
  const steps = kinds.length === 0 ? 'no steps' : kinds.join(', ');
  return (
    <div className="option">
      <div className="field">
        <span>Post-processing</span>
        <button type="button" className="button" onClick={() => showTab('post')}>
          {saved ? 'Edit…' : 'Add…'}
        </button>
      </div>
      <p className={problem ? 'note note-bad' : 'dim'}>
        {problem
          ? `The file cannot be used: ${problem.message}.`
          : saved
            ? `C code for: ${steps}.`
            : `None: the program prints the top 5 and saves the outputs. Suggested: ${steps}.`}
      </p>
    </div>
  );
}
