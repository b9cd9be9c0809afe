import type { ShownStep, ShownView } from '../state/verify.ts';

interface MarksProps {
  view: ShownView;
  steps: readonly ShownStep[];
}

/** The picture with what was found in it drawn on it. */
export function Marks({ view: { picture, sample }, steps }: MarksProps) {
  if (!picture) return <p className="dim verify-picture-none">{sample} holds numbers, no picture</p>;
  const { width, height } = picture;
  return (
    <figure className="marks">
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${sample} with what was found`}>
        <image href={picture.url} width={width} height={height} />
        {steps.map((step, index) => (
          <Step key={index} step={step} width={width} height={height} />
        ))}
      </svg>
    </figure>
  );
}

/** Boxes that are named on the picture; names of more would cover it. */
const MOST_NAMES = 12;

/** Colours that can be told apart on most pictures. */
const COLORS = ['#ff4d6d', '#2ec4ff', '#ffd166', '#7cff6b', '#d08bff', '#ff9f1c'];

const colorOf = (label: number): string => COLORS[label % COLORS.length] ?? '#ff4d6d';

interface StepProps {
  step: ShownStep;
  width: number;
  height: number;
}

/** A hundredth of the longer side, in the step's own pixels: those of the picture it was computed for. */
const unitOf = (step: { width: number; height: number }): number => Math.max(step.width, step.height) / 100;

function Step({ step, width, height }: StepProps) {
  switch (step.kind) {
    case 'classification':
      return null;
    case 'segmentation':
      return step.mask ? (
        <image
          href={step.mask.url}
          width={width}
          height={height}
          preserveAspectRatio="none"
          opacity={0.55}
          style={{ imageRendering: 'pixelated' }}
        />
      ) : null;
    case 'detections':
      return (
        <g transform={`scale(${width / step.width} ${height / step.height})`}>
          {step.boxes.map(({ label, name, value, box: [left, top, right, bottom] }, index) => (
            <g key={index} stroke={colorOf(label)}>
              <rect
                x={left}
                y={top}
                width={Math.max(0, right - left)}
                height={Math.max(0, bottom - top)}
                fill="none"
                strokeWidth={2}
                vectorEffect="non-scaling-stroke"
              />
              {step.boxes.length <= MOST_NAMES && (
                <text
                  className="box-name"
                  x={left}
                  y={top - unitOf(step)}
                  fontSize={5 * unitOf(step)}
                  fill={colorOf(label)}
                >
                  {name ?? label} {value.toFixed(2)}
                </text>
              )}
              <title>
                {name ?? `class ${label}`} {value.toFixed(3)}
              </title>
            </g>
          ))}
        </g>
      );
    case 'keypoints':
      return (
        <g transform={`scale(${width / step.width} ${height / step.height})`}>
          {step.points.map(({ label, name, x, y }) => (
            <circle
              key={label}
              cx={x}
              cy={y}
              r={1.3 * unitOf(step)}
              fill={colorOf(label)}
              stroke="#000"
              vectorEffect="non-scaling-stroke"
            >
              <title>{name ?? `point ${label}`}</title>
            </circle>
          ))}
        </g>
      );
  }
}
