import { formatCount, formatReal } from '../graph/text.ts';

const WIDTH = 320;
const HEIGHT = 84;

interface HistogramProps {
  counts: readonly number[];
  min: number;
  max: number;
  label: string;
}

/** How the values of a coefficient are spread; heights are logarithmic, as the tails matter most. */
export function Histogram({ counts, min, max, label }: HistogramProps) {
  const top = Math.log1p(Math.max(...counts));
  const step = WIDTH / counts.length;
  const zero = min < 0 && max > 0 ? ((0 - min) / (max - min)) * WIDTH : undefined;
  const most = formatCount(Math.max(...counts));
  return (
    <figure className="histogram">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`Spread of ${label} from ${formatReal(min)} to ${formatReal(max)}; at most ${most} values in one of ${counts.length} steps`}
      >
        {counts.map((count, i) => {
          const height = (Math.log1p(count) / top) * (HEIGHT - 2);
          return (
            <rect key={i} x={i * step} y={HEIGHT - height} width={Math.max(1, step - 1)} height={height} />
          );
        })}
        {zero !== undefined && <path d={`M${zero} 0V${HEIGHT}`} />}
      </svg>
      <figcaption>
        <span>{formatReal(min)}</span>
        <span>values per step, log scale</span>
        <span>{formatReal(max)}</span>
      </figcaption>
    </figure>
  );
}
