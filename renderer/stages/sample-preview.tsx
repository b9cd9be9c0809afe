import type { InputForm, SamplesView } from '../../core/worker/contract-project.ts';
import { sentence } from '../api/client.ts';
import { Histogram } from '../components/histogram.tsx';
import { formatCount, formatReal, formatShape } from '../graph/text.ts';
import { useInputs } from '../state/inputs.ts';
import type { Picture } from '../state/preview.ts';
import { formulaLines } from './input-formula.ts';

/** One sample before and after, with the numbers the network gets. */
export function SamplePreview({ form, samples }: { form: InputForm; samples: SamplesView }) {
  const preview = useInputs((state) => state.preview);
  const problem = useInputs((state) => state.previewProblem);
  const index = useInputs((state) => state.index);
  const label = samples.samples[index]?.label ?? null;
  const name = label === null ? undefined : samples.classes[label];
  return (
    <section className="panel preview" aria-label="Preview">
      <h3>
        {preview?.file ?? 'Preview'}
        {label !== null && (
          <span className="tag">class {name === undefined ? label : `${label}: ${name}`}</span>
        )}
      </h3>
      <div className="before-after">
        <Shown
          picture={preview?.original}
          title="The file"
          size={preview?.original && `${preview.original.width} × ${preview.original.height} pixels`}
          empty="holds numbers, no picture"
        />
        <span className="arrow" aria-hidden="true">
          →
        </span>
        <Shown
          picture={preview?.seen}
          title="The network reads"
          size={formatShape(form.shape)}
          empty="is no picture of 1 or 3 channels"
        />
      </div>
      {problem && (
        <p className="note note-bad" role="status">
          {sentence(problem)}
        </p>
      )}
      <ul className="formula" aria-label="How a value is computed">
        {formulaLines(form).map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      {preview && (
        <>
          <dl className="numbers" aria-label="Values of the input tensor">
            <Number name="Smallest" value={formatReal(preview.min)} />
            <Number name="Largest" value={formatReal(preview.max)} />
            <Number name="Mean" value={formatReal(preview.mean)} />
            <Number name="Values" value={formatCount(preview.count)} />
          </dl>
          {preview.histogram.length > 0 ? (
            <Histogram
              counts={preview.histogram}
              min={preview.min}
              max={preview.max}
              label="the input tensor"
            />
          ) : (
            <p className="dim">All values are the same.</p>
          )}
        </>
      )}
    </section>
  );
}

interface ShownProps {
  picture: Picture | undefined;
  title: string;
  size: string | undefined;
  /** What stands there when there is no picture. */
  empty: string;
}

function Shown({ picture, title, size, empty }: ShownProps) {
  return (
    <figure className="shown">
      <div>{picture ? <img src={picture.url} alt={title} /> : <span className="dim">{empty}</span>}</div>
      <figcaption>
        {title}
        <small>{size}</small>
      </figcaption>
    </figure>
  );
}

function Number({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
