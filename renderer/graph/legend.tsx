import { styleColour, type Colouring } from './colouring.ts';

/** What the colours mean, with how many layers there are of each; only what this network has. */
export function Legend({ colouring: { title, classes, classOf } }: { colouring: Colouring }) {
  const counts = classes.map(() => 0);
  for (const index of classOf) counts[index]++;
  return (
    <ul className="legend" aria-label={`Colours of the graph: ${title}`}>
      <li className="legend-title">{title}</li>
      {classes.map((one, index) =>
        counts[index] === 0 ? null : (
          <li key={one.label}>
            <i style={{ background: styleColour(one) }} />
            {one.label} <small>{counts[index]}</small>
          </li>
        ),
      )}
    </ul>
  );
}
