import type { PictureView, PreviewRequest, PreviewView } from '../../core/worker/contract-project.ts';
import { core } from './core.ts';

/** A picture that the page can show. */
export interface Picture {
  url: string;
  width: number;
  height: number;
}

/** {@link PreviewView} with addresses in place of bytes. */
export interface Preview extends Omit<PreviewView, 'original' | 'seen'> {
  original: Picture | undefined;
  seen: Picture | undefined;
}

/** Thumbnails kept; the oldest go first. */
const MAX_THUMBNAILS = 1500;

const thumbnails = new Map<string, Promise<Picture | undefined>>();
let waiting: PreviewRequest | undefined;
let busy = false;
let shown: Preview | undefined;

/** One request at a time, and only the last of those that wait. @returns undefined when a later one does it */
export async function loadPreview(request: PreviewRequest): Promise<Preview | undefined> {
  waiting = request;
  if (busy) return undefined;
  busy = true;
  try {
    let made: Preview | undefined;
    while (waiting) {
      const next: PreviewRequest = waiting;
      waiting = undefined;
      const view = await core()?.preview(next);
      if (view) made = replace(view);
    }
    return made;
  } finally {
    busy = false;
    waiting = undefined;
  }
}

/** A thumbnail, asked for once. @param version of the samples, so that a changed set is asked for again */
export function thumbnail(version: string, input: string, index: number): Promise<Picture | undefined> {
  const key = JSON.stringify([version, input, index]);
  const known = thumbnails.get(key);
  if (known) return known;
  const asked = (core()?.thumbnail(input, index) ?? Promise.resolve(null)).then(picture, () => undefined);
  thumbnails.set(key, asked);
  if (thumbnails.size > MAX_THUMBNAILS) forgetOldest();
  return asked;
}

function forgetOldest(): void {
  const [key, old] = thumbnails.entries().next().value ?? [];
  if (key === undefined) return;
  thumbnails.delete(key);
  void old?.then((gone) => gone && URL.revokeObjectURL(gone.url));
}

/** The old pictures are given up only once the new ones are on the screen. */
function replace({ original, seen, ...rest }: PreviewView): Preview {
  const old = shown;
  shown = { ...rest, original: picture(original), seen: picture(seen) };
  setTimeout(() => {
    for (const gone of [old?.original, old?.seen]) if (gone) URL.revokeObjectURL(gone.url);
  }, 1000);
  return shown;
}

/** An address for a picture; whoever asks gives it up. */
export function picture(view: PictureView | null): Picture | undefined {
  if (!view) return undefined;
  const url = URL.createObjectURL(new Blob([new Uint8Array(view.png)], { type: 'image/png' }));
  return { url, width: view.width, height: view.height };
}
