import type { ClassView, VerifyOutput } from '../../core/worker/contract-export.ts';
import type { StageName } from '../../core/worker/contract.ts';
import { formatReal } from '../graph/text.ts';
import { showStage } from '../state/actions.ts';
import { useStudio } from '../state/store.ts';
import type { ShownColumn, ShownStep, ShownView } from '../state/verify.ts';
import { Marks } from './marks.tsx';

const TITLES: Readonly<Record<ShownColumn['kind'], { title: string; about: string; stage: StageName }>> = {
  float: { title: 'Float', about: 'float32, the reference', stage: 'inputs' },
  quantized: { title: 'Quantized', about: 'in the simulator', stage: 'quantize' },
  compiled: { title: 'Compiled C', about: 'built and run on this PC', stage: 'export' },
};

/** Outputs shown of one network. */
const MOST_OUTPUTS = 4;

/** What one way to run the network made of the sample. */
export function VerifyColumnPanel({ column, view }: { column: ShownColumn; view: ShownView }) {
  const { kind, missing, outputs, steps, sameBytes } = column;
  const { title, about, stage } = TITLES[kind];
  const hybrid = useStudio(({ project }) =>
    project?.runs.find(({ number }) => number === project.currentRun),
  );
  const named = kind === 'quantized' && hybrid ? `${hybrid.quantizer} ${hybrid.qtype}` : about;
  const rounded = kind !== 'float' && view.nnVersion !== null;
  const detail = rounded ? `${named}, rounded as NN cores of version ${view.nnVersion}` : named;
  return (
    <section className="panel verify-column" aria-label={title}>
      <h3>
        {title} <small className="dim">{detail}</small>
      </h3>
      {missing === null ? (
        <>
          <Marks view={view} steps={steps} />
          <Similarity outputs={outputs} sameBytes={sameBytes} isReference={kind === 'float'} />
          {steps.map((step, index) => (
            <StepText key={index} step={step} label={view.label?.label} />
          ))}
          {outputs.slice(0, MOST_OUTPUTS).map((output) => (
            <Output
              key={output.key}
              output={output}
              named={outputs.length > 1}
              label={view.label?.label}
              folded={steps.length > 0}
            />
          ))}
          {outputs.length > MOST_OUTPUTS && (
            <p className="dim">and {outputs.length - MOST_OUTPUTS} more outputs</p>
          )}
        </>
      ) : (
        <div className="verify-missing">
          <p>{missing}</p>
          <button type="button" className="button" onClick={() => showStage(stage)}>
            Go to {stage.charAt(0).toUpperCase() + stage.slice(1)}
          </button>
        </div>
      )}
    </section>
  );
}

interface SimilarityProps {
  outputs: readonly VerifyOutput[];
  sameBytes: boolean | null;
  isReference: boolean;
}

/** How near the outputs are to the float network's: the worst of them. */
function Similarity({ outputs, sameBytes, isReference }: SimilarityProps) {
  const found = outputs.flatMap(({ similarity }) => (similarity ? [similarity] : []));
  const worst = found.toSorted((a, b) => a.cosine - b.cosine)[0];
  return (
    <ul className="similarity">
      {isReference && <li className="dim">What the others are compared with</li>}
      {worst && (
        <li title="Cosine of the angle between the outputs: 1 = the same direction. Signal to noise: 20 dB = a tenth">
          {outputs.length > 1 ? 'Worst output: cosine' : 'Cosine to float'}{' '}
          <strong>{worst.cosine.toFixed(4)}</strong>,{' '}
          {worst.sqnr === null ? 'no error' : `${worst.sqnr.toFixed(1).replace('-', '−')} dB`}
        </li>
      )}
      {sameBytes !== null && (
        <li>
          <span className={`mark mark-${sameBytes ? 'ok' : 'bad'}`} aria-hidden="true">
            {sameBytes ? '✓' : '✕'}
          </span>{' '}
          {sameBytes ? 'The same bytes as the simulator' : 'Other bytes than the simulator'}
        </li>
      )}
    </ul>
  );
}

interface OutputProps {
  output: VerifyOutput;
  named: boolean;
  /** Class of the sample, where it has one. */
  label: number | undefined;
  /** Whether it is only shown on demand. */
  folded: boolean;
}

function Output({ output: { key, top }, named, label, folded }: OutputProps) {
  const list = <Classes classes={top} label={label} />;
  if (folded) {
    return (
      <details>
        <summary className="dim">
          Top {top.length} of {named ? key : 'the output'}
        </summary>
        {list}
      </details>
    );
  }
  return (
    <div>
      {named && <h4 className="wrap">{key}</h4>}
      {list}
    </div>
  );
}

function Classes({ classes, label }: { classes: readonly ClassView[]; label?: number | undefined }) {
  const most = Math.max(...classes.map(({ value }) => Math.abs(value)), 1e-30);
  return (
    <ol className="classes">
      {classes.map(({ label: number, name, value }) => (
        <li key={number}>
          <span className="class-name" title={name === null ? undefined : `class ${number}`}>
            {name ?? `class ${number}`}
            {number === label && (
              <span
                className="mark mark-ok"
                role="img"
                aria-label="the sample’s label"
                title="The sample’s label"
              >
                ✓
              </span>
            )}
          </span>
          <span className="class-bar" aria-hidden="true">
            <i style={{ width: `${(100 * Math.max(0, value)) / most}%` }} />
          </span>
          <span className="class-value">{formatReal(value)}</span>
        </li>
      ))}
    </ol>
  );
}

/** What a step found, as words. */
function StepText({ step, label }: { step: ShownStep; label: number | undefined }) {
  switch (step.kind) {
    case 'classification':
      return (
        <div>
          <h4>Classification</h4>
          <Classes classes={step.classes} label={label} />
        </div>
      );
    case 'segmentation':
      return (
        <div>
          <h4>Segmentation, share of the picture</h4>
          <Classes classes={step.classes} />
        </div>
      );
    case 'detections':
      return (
        <div>
          <h4>
            {step.count} detection{step.count === 1 ? '' : 's'}
          </h4>
          <ol className="boxes">
            {step.boxes.slice(0, 8).map(({ label, name, value, box }, index) => (
              <li key={index}>
                <b>{name ?? `class ${label}`}</b> {value.toFixed(3)}{' '}
                <span className="dim">at {box.map((side) => Math.round(side)).join(', ')}</span>
              </li>
            ))}
          </ol>
          {step.count > 8 && <p className="dim">and {step.count - 8} more</p>}
        </div>
      );
    case 'keypoints':
      return (
        <div>
          <h4>{step.points.length} keypoints</h4>
        </div>
      );
  }
}
