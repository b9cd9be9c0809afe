import { existsSync } from 'node:fs';
import { readTextOf, writeFileAtomic } from '../files/atomic.ts';
import { defaultInputMeta } from '../files/inputmeta-default.ts';
import { inputMetaWords } from '../files/inputmeta-file.ts';
import { formatInputMeta } from '../files/inputmeta-text.ts';
import { StudioError } from '../network/errors.ts';
import type { InputMeta } from '../network/input-meta.ts';
import type { Network } from '../network/network.ts';
import { addSamples, removeSamples } from './add-samples.ts';
import type {
  AddedSamples,
  InputDraft,
  InputMetaView,
  PictureView,
  PreviewRequest,
  PreviewView,
  SampleBatch,
  SamplesView,
} from './contract-project.ts';
import { formOf, readDraft, refusePaths, withForm } from './input-meta-draft.ts';
import { previewOf, thumbnailOf } from './preview.ts';
import { changed, fingerprint, folderChanged, removeLeftovers, type ProjectFiles } from './project-files.ts';
import { fixedReason, SampleSet } from './sample-set.ts';

/** An open project: its folder is all it knows, and it looks there again whenever it is asked. */
export class Project {
  readonly files: ProjectFiles;
  readonly network: Network;
  private readonly confined: boolean;
  private set: { key: string; set: Promise<SampleSet> } | undefined;
  /** Changes of lists happen one after the other. */
  private writing: Promise<unknown> = Promise.resolve();

  /** @param confined whether the page must not name files outside of the folder */
  constructor(files: ProjectFiles, network: Network, confined: boolean) {
    this.files = files;
    this.network = network;
    this.confined = confined;
  }

  /** Deletes what a killed program left in the folder. */
  async tidy(): Promise<void> {
    await removeLeftovers(this.files.folder);
    await removeLeftovers(this.files.samples);
  }

  /** The input description: that of the file, or what `generate inputmeta` would write. */
  async inputMeta(): Promise<{ text: string; meta: InputMeta; saved: boolean }> {
    const { inputMeta } = this.files;
    if ((await changed(inputMeta)) === undefined) {
      const meta = this.defaultMeta();
      return { text: formatInputMeta(meta), meta, saved: false };
    }
    const text = await readTextOf(inputMeta);
    return { ...readDraft({ text }, { databases: [] }, this.network, this.metaName), saved: true };
  }

  async inputMetaView(): Promise<InputMetaView> {
    const { meta, text, saved } = await this.inputMeta();
    return this.metaView(text, meta, saved);
  }

  /** @throws StudioError 'inputmeta-invalid' with the line */
  async checkInputMeta(draft: InputDraft): Promise<InputMetaView> {
    const { text, meta } = await this.checked(draft);
    return this.metaView(text, meta, false);
  }

  async saveInputMeta(draft: InputDraft): Promise<InputMetaView> {
    const { text, meta } = await this.checked(draft);
    await writeFileAtomic(this.files.inputMeta, text);
    return this.metaView(text, meta, true);
  }

  /** Path of the input description, which is written where it is only suggested yet. */
  async savedInputMeta(): Promise<string> {
    const { saved, text } = await this.inputMeta();
    if (!saved) await writeFileAtomic(this.files.inputMeta, text);
    return this.files.inputMeta;
  }

  /** The calibration set; opened again when a list, the samples folder or the input description changed. */
  async sampleSet(): Promise<SampleSet> {
    const { meta, text } = await this.inputMeta();
    const sources = [...this.lists(meta), this.files.classes].map(fingerprint);
    const key = JSON.stringify([text, await Promise.all(sources), await folderChanged(this.files.samples)]);
    if (this.set?.key !== key) {
      const set = SampleSet.open(this.files, meta);
      // Whoever asks gets the error; here it only must not count as unhandled.
      set.catch(() => undefined);
      this.set = { key, set };
    }
    return this.set.set;
  }

  async samples(): Promise<SamplesView> {
    const { meta } = await this.inputMeta();
    const reasons = meta.databases.map(fixedReason);
    const fixed = reasons.find((reason) => reason !== null) ?? null;
    if (this.isEmpty(meta)) {
      const lists = meta.databases.map(({ path }) => path);
      return { lists, fixed, samples: [], labelled: 0, classes: [], warnings: [] };
    }
    return (await this.sampleSet()).view(this.files.folder, fixed);
  }

  addSamples(batch: SampleBatch): Promise<AddedSamples> {
    return this.alone(async () => {
      const { meta, text, saved } = await this.inputMeta();
      const result = await addSamples(this.files, meta, batch);
      if (!saved && result.added > 0) await writeFileAtomic(this.files.inputMeta, text);
      return result;
    });
  }

  removeSamples(indices: readonly number[]): Promise<void> {
    return this.alone(async () => removeSamples(this.files, (await this.inputMeta()).meta, indices));
  }

  async thumbnail(input: string, index: number): Promise<PictureView | null> {
    return thumbnailOf(await this.sampleSet(), this.files.folder, input, index);
  }

  async preview({ input, index, draft }: PreviewRequest): Promise<PreviewView> {
    const set = await this.sampleSet();
    const { port } = set.locate(input, index);
    return previewOf(set, this.files.folder, { input, index }, draft ? withForm(port, draft) : port);
  }

  /** Names the contents of everything the inputs are made of; empty parts where a file is missing or broken. */
  async inputsVersion(): Promise<string> {
    const { inputMeta, classes } = this.files;
    const lists = await this.inputMeta().then(
      ({ meta }) => this.lists(meta),
      () => [],
    );
    return (await Promise.all([inputMeta, classes, ...lists].map(fingerprint))).join();
  }

  /** Paths of the lists of an input description. */
  lists(meta: InputMeta): string[] {
    return meta.databases.map(({ path }) => this.files.inFolder(path));
  }

  /** Whether no list is there yet, which is a beginning rather than a mistake. */
  isEmpty(meta: InputMeta): boolean {
    return this.lists(meta).every((list) => !existsSync(list));
  }

  private alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.writing.then(work);
    this.writing = result.catch(() => undefined);
    return result;
  }

  private defaultMeta(): InputMeta {
    return defaultInputMeta(this.network, { separated: this.network.inputs.length > 1 });
  }

  /** What forms are written into: the file, unless it is broken and being replaced. */
  private async base(): Promise<InputMeta> {
    try {
      return (await this.inputMeta()).meta;
    } catch (error) {
      if (error instanceof StudioError && error.code === 'inputmeta-invalid') return this.defaultMeta();
      throw error;
    }
  }

  private async checked(draft: InputDraft): Promise<{ text: string; meta: InputMeta }> {
    const base = await this.base();
    const read = readDraft(draft, base, this.network, this.metaName);
    const known = base.databases.map(({ path }) => path);
    if (this.confined) refusePaths(read.meta, known, this.metaName);
    return read;
  }

  /** As problems name it. */
  private get metaName(): string {
    return `${this.files.name}_inputmeta.yml`;
  }

  private metaView(text: string, meta: InputMeta, saved: boolean): InputMetaView {
    const inputs = meta.databases.flatMap(({ ports }) => ports.map(formOf));
    const lid = this.network.inputs.map(({ key }) => key);
    return { file: this.metaName, text, inputs, words: { ...inputMetaWords(), lid }, saved };
  }
}
