import { CATEGORIES } from './categories.ts';
import type { Scene } from './scene.ts';

/** What the colours mean, with how many layers there are of each; only the families this network has. */
export function Legend({ scene }: { scene: Scene }) {
  const counts = CATEGORIES.map(() => 0);
  for (const category of scene.category) counts[category]++;
  return (
    <ul className="legend" aria-label="Colours of the graph">
      {CATEGORIES.map(({ id, label }, index) =>
        counts[index] === 0 ? null : (
          <li key={id}>
            <i data-op={id} />
            {label} <small>{counts[index]}</small>
          </li>
        ),
      )}
    </ul>
  );
}
