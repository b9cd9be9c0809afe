import { looksLikeZip, readZip, type ZipArchive } from '../../files/zip.ts';
import { StudioError } from '../../network/errors.ts';

/** The files of a TorchScript archive below its single root folder. */
export interface TorchArchive {
  has(name: string): boolean;
  /** @throws StudioError file-malformed when it is missing */
  bytes(name: string): Uint8Array;
  /** Names below the root, without it. */
  names: readonly string[];
}

const TRACE_HINT =
  'Save a traced module: torch.jit.trace(model.eval(), example_input).save("model.pt"), or torch.jit.script(model.eval()).save("model.pt").';

/**
 * Opens a file of `torch.jit.save`.
 * @throws StudioError file-malformed; for files of `torch.save` it says how to trace the model
 */
export async function openArchive(bytes: Uint8Array): Promise<TorchArchive> {
  if (!looksLikeZip(bytes)) throw notArchive(bytes);
  const zip = await readZip(bytes);
  const root = rootOf(zip);
  const archive = {
    names: zip.names.filter((name) => name.startsWith(root)).map((name) => name.slice(root.length)),
    has: (name: string) => zip.has(root + name),
    bytes: (name: string) => zip.bytes(root + name),
  };
  if (archive.has('byteorder') && Buffer.from(archive.bytes('byteorder')).toString('latin1').trim() === 'big')
    throw new StudioError('file-malformed', 'its numbers are big-endian', {}, 'Save the model on a little-endian computer.'); // prettier-ignore
  if (archive.has('model.json') || archive.has('models/model.json') || hasCode(archive)) return archive;
  if (archive.has('serialized_exported_program.json'))
    throw new StudioError('file-malformed', 'an exported program in the format before PyTorch 2.7', {}, 'Save it with a newer PyTorch, or: ' + TRACE_HINT); // prettier-ignore
  if (archive.has('data.pkl')) throw savedObject('its archive holds a pickle, but no code');
  throw new StudioError('file-malformed', 'not a PyTorch archive: it holds neither data.pkl nor model.json', {}, TRACE_HINT); // prettier-ignore
}

const hasCode = (archive: TorchArchive): boolean =>
  archive.has('constants.pkl') || archive.names.some((name) => name.startsWith('code/'));

/** Everything lies in one folder, which has the name of the file it was saved as. */
function rootOf(zip: ZipArchive): string {
  const marker = zip.names.find((name) =>
    /^[^/]+\/(data\.pkl|model\.json|version|archive_format|models\/model\.json)$/.test(name),
  );
  return marker === undefined ? '' : marker.slice(0, marker.indexOf('/') + 1);
}

/** Files of `torch.save` before PyTorch 1.6 are a sequence of pickles; the first is a magic number. */
const LEGACY = Buffer.from([
  0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19,
]);

function notArchive(bytes: Uint8Array): StudioError {
  const start = Buffer.from(bytes.subarray(0, LEGACY.length));
  if (start.equals(LEGACY)) return savedObject('it is in the old format of torch.save');
  if (bytes[0] === 0x80 && bytes[1] >= 2 && bytes[1] <= 5) return savedObject('it is a bare pickle');
  return new StudioError('file-malformed', 'not a PyTorch model: it is no .zip archive', {}, TRACE_HINT);
}

/** A state_dict or a pickled module: weights without the network's structure, or with code that only Python has. */
function savedObject(how: string): StudioError {
  return new StudioError(
    'file-malformed',
    `the file was made by torch.save (${how}): such files hold weights or Python objects, not the network`,
    {},
    `Load it in Python as before, then: ${TRACE_HINT}`,
  );
}
