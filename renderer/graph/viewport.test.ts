import { describe, expect, it } from 'vitest';
import { firstView, reveal } from './viewport.ts';

const size = { width: 800, height: 600 };
const at = (top: number) => ({ left: 300, right: 500, top, bottom: top + 48 });

describe('what is selected comes into sight', () => {
  const view = firstView(at(0), { width: 800, height: 6000 }, size);

  it('stays where it is in the middle, and on the edge of the first view', () => {
    expect(reveal(view, at(0), size)).toBe(view);
    expect(reveal(view, at(200), size)).toBe(view);
  });

  it('leaves the places under the legend and under the buttons', () => {
    const underLegend = at((size.height - 60 - view.y) / view.zoom);
    const underButtons = at((10 - view.y) / view.zoom);
    for (const rect of [underLegend, underButtons]) {
      const moved = reveal(view, rect, size);
      expect(rect.top * moved.zoom + moved.y).toBeCloseTo(size.height / 2 - 24 * moved.zoom);
    }
  });
});
