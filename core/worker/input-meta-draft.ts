import { parseInputMeta } from '../files/inputmeta-file.ts';
import { formatInputMeta } from '../files/inputmeta-text.ts';
import { StudioError } from '../network/errors.ts';
import { checkFits } from '../jobs/load.ts';
import type { InputMeta, InputPort } from '../network/input-meta.ts';
import type { Network } from '../network/network.ts';
import type { InputDraft, InputForm } from './contract-project.ts';

/** What the form shows of an input. */
export function formOf(port: InputPort): InputForm {
  const { lid, category, layout, shape, fitting, preprocess } = port;
  const { reverseChannel, mean, scale } = preprocess;
  return { lid, category, layout, shape, fitting, reverseChannel, mean, scale };
}

/**
 * A draft as text and as data. A form is written into the description it started from, so that what it does not show
 * stays; text is kept as it was typed.
 * @throws StudioError 'inputmeta-invalid' with the line
 */
export function readDraft(
  draft: InputDraft,
  base: InputMeta,
  network: Network,
  file: string,
): { text: string; meta: InputMeta } {
  const text = 'text' in draft ? draft.text : formatInputMeta(withForms(base, draft.inputs, file));
  const meta = parseInputMeta(text, file);
  checkFits(meta, network, file);
  return { text, meta };
}

/**
 * Refuses lists that lie elsewhere on this computer: a page that is not allowed to name paths must not do so in a file.
 * @param known paths that are in the project's file already, put there by its owner
 */
export function refusePaths(meta: InputMeta, known: readonly string[], file: string): void {
  const foreign = meta.databases.find(({ path }) => isForeign(path) && !known.includes(path));
  if (!foreign) return;
  throw new StudioError(
    'inputmeta-invalid',
    `"${foreign.path}" lies outside of the project folder`,
    { file },
    'Give a path inside of it, or change the file with an editor.',
  );
}

/** Whether a path leads out of the folder it starts from. */
export function isForeign(path: string): boolean {
  return /^(?:[\\/]|[A-Za-z]:)|(?:^|[\\/])\.\.(?:[\\/]|$)/.test(path);
}

function withForms(base: InputMeta, forms: readonly InputForm[], file: string): InputMeta {
  const byLid = new Map(forms.map((form) => [form.lid, form]));
  const databases = base.databases.map((database) => ({
    ...database,
    ports: database.ports.map((port) => {
      const form = byLid.get(port.lid);
      byLid.delete(port.lid);
      return form ? withForm(port, form) : port;
    }),
  }));
  const [unknown] = byLid.keys();
  if (unknown !== undefined) {
    throw new StudioError('inputmeta-invalid', 'the file describes no such input', { file, layer: unknown });
  }
  return { databases };
}

/** An input with what the form says. */
export function withForm(port: InputPort, form: InputForm): InputPort {
  const { category, layout, shape, fitting, reverseChannel, mean, scale } = form;
  const preprocess = { ...port.preprocess, reverseChannel, mean, scale };
  return { ...port, category, layout, shape, fitting, preprocess };
}
