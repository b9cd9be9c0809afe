/** Colours of the canvas, read from the same tokens that the style sheets use. */
export interface Theme {
  wire: string;
  background: string;
  surface: string;
  /** What open groups are thinly shaded with, once per level. */
  frame: string;
  line: string;
  text: string;
  dim: string;
  chip: string;
  accent: string;
  found: string;
  /** Colour of a token. */
  colour: (token: string) => string;
  font: string;
}

/** Reads the colours that hold now. */
export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  return {
    wire: token('--wire'),
    background: token('--bg'),
    surface: token('--node'),
    frame: token('--frame'),
    line: token('--node-line'),
    text: token('--text'),
    dim: token('--dim'),
    chip: token('--chip'),
    accent: token('--accent'),
    found: token('--found'),
    colour: token,
    font: token('--font'),
  };
}

/** Calls back when the system switches between light and dark. */
export function onThemeChange(handle: () => void): () => void {
  const query = matchMedia('(prefers-color-scheme: dark)');
  query.addEventListener('change', handle);
  return () => query.removeEventListener('change', handle);
}
