import { createBirpc } from 'birpc';
import type { StudioApi, UiApi, WireError } from '../../core/worker/contract.ts';
import { openChannel } from './channel.ts';

/** The core as the page calls it. */
export interface Client {
  api: StudioApi;
  close(): void;
}

/** Connects to a fresh core. */
export async function connectCore(ui: UiApi, onLost: () => void): Promise<Client> {
  const channel = await openChannel();
  const remote = createBirpc<StudioApi, UiApi>(ui, {
    post: (message) => channel.post(message),
    on: (receive) => channel.on(receive),
    // Imports take as long as they take; there is a button to stop them.
    timeout: -1,
  });
  channel.onLost(() => {
    remote.$close();
    onLost();
  });
  return {
    api: remote,
    close: () => {
      remote.$close();
      channel.close();
    },
  };
}

/** Whatever was thrown, as a problem to show. */
export function asWireError(error: unknown): WireError {
  if (typeof error === 'object' && error !== null && 'code' in error && 'message' in error) {
    return error as WireError;
  }
  return { code: 'internal', message: error instanceof Error ? error.message : String(error), place: {} };
}

/** A problem as one sentence, with what to do about it. */
export function sentence({ message, place, hint }: WireError): string {
  const where = place.file === undefined ? '' : `${place.file}: `;
  const layer = place.layer === undefined ? '' : `layer “${place.layer}”: `;
  const text = `${where}${layer}${message}`.replace(/\.$/, '');
  return hint === undefined ? `${text}.` : `${text}. ${hint}`;
}
