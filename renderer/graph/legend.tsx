import type { Colouring } from './colouring.ts';

/** What the colours mean, with how many layers there are of each; only what this network has. */
export function Legend({ colouring: { title, classes, classOf } }: { colouring: Colouring }) {
  const counts = classes.map(() => 0);
  for (const index of classOf) counts[index]++;
  return (
    <ul className="legend" aria-label={`Colours of the graph: ${title}`}>
      <li className="legend-title">{title}</li>
      {classes.map(({ label, token }, index) =>
        counts[index] === 0 ? null : (
          <li key={label}>
            <i style={{ background: `var(${token})` }} />
            {label} <small>{counts[index]}</small>
          </li>
        ),
      )}
    </ul>
  );
}
