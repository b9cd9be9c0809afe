import { useEffect } from 'react';
import { cancelJob, setTarget } from '../state/project.ts';
import { chooseRecipe, loadOptions, quantize, useQuantize } from '../state/quantize.ts';
import { isBusy } from '../state/job-state.ts';
import { useStudio } from '../state/store.ts';
import { showStage } from '../state/actions.ts';
import { OptionForm } from './option-form.tsx';
import { cardsFor, describeChip } from './recipes.ts';
import { Runs } from './runs.tsx';
import { StageFrame } from './stage-frame.tsx';

/** The Quantize stage: three ways, one button, and what each run gave. */
export function QuantizePage() {
  const project = useStudio((state) => state.project);
  const recipe = useQuantize((state) => state.recipe);
  useEffect(() => void loadOptions(), []);
  if (!project) return null;
  const { state } = project.stages.quantize;
  return (
    <StageFrame
      title="Quantize"
      lead="Turns the network into small whole numbers, with ranges measured on your samples."
      actions={<ChipChoice />}
      next={{ stage: 'inspect', label: 'Next: Inspect', ready: state === 'done' }}
    >
      <div className="quantize">
        <Cards />
        <Start />
        {recipe === 'custom' && <OptionForm />}
        <Runs />
      </div>
    </StageFrame>
  );
}

function useChip() {
  return useStudio(({ chips, project }) => chips.find(({ pid }) => pid === project?.target));
}

/** The chip the result is for; it changes what is advised, not what is possible. */
function ChipChoice() {
  const chips = useStudio((state) => state.chips);
  const chip = useChip();
  return (
    <label className="chip-choice">
      <span>For the chip</span>
      <select
        value={chip?.pid ?? ''}
        title={chip ? describeChip(chip) : 'Advice then fits the chip'}
        onChange={({ target }) => void setTarget(target.value === '' ? null : target.value)}
      >
        <option value="">not chosen yet</option>
        {chips.map(({ pid, name }) => (
          <option key={pid} value={pid}>
            {name} ({pid})
          </option>
        ))}
      </select>
    </label>
  );
}

function Cards() {
  const recipe = useQuantize((state) => state.recipe);
  const chip = useChip();
  return (
    <div className="recipes" role="radiogroup" aria-label="How to quantize">
      {cardsFor(chip).map((card) => (
        <label key={card.recipe} className="recipe">
          <input
            type="radio"
            name="recipe"
            value={card.recipe}
            checked={card.recipe === recipe}
            onChange={() => chooseRecipe(card.recipe)}
          />
          <strong>{card.title}</strong>
          <span>{card.text}</span>
          <small>{card.cost}</small>
        </label>
      ))}
    </div>
  );
}

/** The button, or what keeps it from being pressed; while it works, how far it is. The place is the same. */
function Start() {
  const job = useStudio((state) => state.job);
  const inputs = useStudio((state) => state.project?.stages.inputs);
  const table = useStudio((state) => state.project?.stages.quantize);
  const chip = useChip();
  const mine = job?.stage === 'quantize' && isBusy(job.phase) ? job : undefined;
  const needs = useStudio(({ project }) => (project?.weights === false ? `${project.name}.data` : undefined));
  const blocked = blockedBy(inputs?.state, needs);
  return (
    <div className="start-row">
      {mine ? (
        <>
          <button
            type="button"
            className="button large"
            disabled={mine.phase === 'stopping'}
            onClick={cancelJob}
          >
            Cancel
          </button>
          <div className="start-progress">
            <progress aria-label="Quantization" value={mine.fraction} max={1} />
            <output>{mine.text}</output>
          </div>
        </>
      ) : (
        <>
          <button
            type="button"
            className="button primary large"
            disabled={blocked !== undefined || isBusy(job?.phase)}
            onClick={() => void quantize()}
          >
            Quantize
          </button>
          <p className={table?.state === 'stale' ? 'note note-warn' : 'dim'} role="status">
            {blocked ?? startText(inputs?.text ?? '', table?.state === 'stale' ? table.text : undefined)}
            {chip && table?.state !== 'stale' && ` For the ${describeChip(chip)}`}
          </p>
          {inputs?.state !== 'done' && (
            <button type="button" className="button" onClick={() => showStage('inputs')}>
              Go to Inputs
            </button>
          )}
        </>
      )}
    </div>
  );
}

/** @param needs the file that is missing */
function blockedBy(inputs: string | undefined, needs: string | undefined): string | undefined {
  if (needs !== undefined) return `The weights are missing: put ${needs} into the project folder.`;
  if (inputs === 'failed') return 'The samples cannot be read: repair them first.';
  return inputs === 'done' ? undefined : 'There are no samples yet: add some pictures first.';
}

function startText(inputs: string, stale: string | undefined): string {
  return stale === undefined
    ? `With ${inputs}.`
    : `The result is stale: ${stale}. Quantize again, with ${inputs}.`;
}
