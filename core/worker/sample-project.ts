import { basename, join } from 'node:path';
import { readFileOf, readTextOf, writeFileAtomic } from '../files/atomic.ts';
import { parseDatasetList } from '../files/dataset-list.ts';
import { defaultInputMeta } from '../files/inputmeta-default.ts';
import { formatInputMeta } from '../files/inputmeta-text.ts';
import { addSamples } from './add-samples.ts';
import type { ImportedModel } from './import-model.ts';
import type { ProjectFiles } from './project-files.ts';

/** The bundled model, and where it lies in the package. */
export const SAMPLE = { folder: 'assets/sample', model: 'mobilenetv2-tiny.onnx', pictures: 'fashion-mnist' };
/** The network was trained on pixel / 255. */
const SAMPLE_SCALE = '0 0 0 0.00392156862745098';

/** Copies the bundled pictures into a project, and describes them. */
export async function copyPictures(from: string, files: ProjectFiles, model: ImportedModel): Promise<void> {
  const meta = defaultInputMeta(model.network, { channelMeanValue: SAMPLE_SCALE });
  await writeFileAtomic(files.inputMeta, formatInputMeta(meta));
  const labels = new Map(
    parseDatasetList(await readTextOf(join(from, 'labels.txt')), 1).map(({ paths, label }) => [
      paths[0],
      label,
    ]),
  );
  const items = parseDatasetList(await readTextOf(join(from, 'calibration.txt')), 1);
  const pictures = await Promise.all(
    items.map(async ({ paths: [path] }) => ({
      name: basename(path),
      bytes: await readFileOf(join(from, path)),
    })),
  );
  const list = items.map(({ paths: [path] }) => `${path} ${labels.get(path) ?? ''}\n`).join('');
  const text = { name: 'labels.txt', bytes: Buffer.from(list) };
  const classes = { name: 'classes.txt', bytes: await readFileOf(join(from, 'classes.txt')) };
  const input = meta.databases[0]?.ports[0]?.lid ?? '';
  await addSamples(files, meta, { input, files: [...pictures, text, classes], classes: [] });
}
