import { createBirpc } from 'birpc';
import type { StudioApi, UiApi } from './contract.ts';
import { toWireError } from './wire-error.ts';

/** A two-way channel of structured-cloneable messages. */
export interface Channel {
  post(message: unknown): void;
  on(receive: (message: unknown) => void): void;
}

/** The page as the core sees it: it listens, it never answers. */
export interface Ui {
  progress: UiApi['progress'];
  log: UiApi['log'];
}

/** Every method of the contract: a missing one does not compile, and no other name resolves. */
const METHODS = Object.keys({
  version: true,
  importModel: true,
  openProject: true,
  openSample: true,
  source: true,
  sourceGraph: true,
  importSource: true,
  cutSource: true,
  dropSource: true,
  modelNotes: true,
  closeProject: true,
  graph: true,
  allParameters: true,
  layer: true,
  cancel: true,
  project: true,
  recentProjects: true,
  chips: true,
  setTarget: true,
  samples: true,
  addSamples: true,
  removeSamples: true,
  thumbnail: true,
  preview: true,
  inputMeta: true,
  checkInputMeta: true,
  saveInputMeta: true,
  jobOptions: true,
  runJob: true,
  jobHistory: true,
  useRun: true,
  recognizeTargets: true,
  targetFit: true,
  postProcess: true,
  savePostProcess: true,
  exportOptions: true,
  exportCase: true,
  caseFiles: true,
  caseFile: true,
  buildCase: true,
  verify: true,
  compareDumps: true,
  analysis: true,
  measureLayers: true,
  customized: true,
  checkCustomized: true,
  saveCustomized: true,
  whatIf: true,
  applyHybrid: true,
  nextLayerEffect: true,
  diffTables: true,
  profile: true,
  channelRanges: true,
  readNodeData: true,
  quantities: true,
  exportNodeData: true,
} satisfies Record<keyof StudioApi, true>) as (keyof StudioApi)[];

/** Serves the core on a channel. Returns the way to talk to the page. */
export function serveStudio(channel: Channel, api: StudioApi): Ui {
  const remote = createBirpc<UiApi, StudioApi>(wrap(api), {
    post: (message) => channel.post(message),
    on: (receive) => channel.on((message) => isMessage(message) && receive(message)),
    eventNames: ['progress', 'log'],
    timeout: -1,
    // A message we cannot answer is dropped: nobody waits for it who could do anything about it.
    onGeneralError: () => true,
  });
  return {
    progress: (job, fraction, text) => void remote.progress.asEvent(job, fraction, text),
    log: (job, level, text) => void remote.log.asEvent(job, level, text),
  };
}

/** Only the listed methods, on an object without a prototype, so that no other name resolves. */
function wrap(api: StudioApi): StudioApi {
  const wrapped = Object.create(null) as Record<string, (...args: never[]) => Promise<unknown>>;
  for (const name of METHODS) {
    const method = api[name] as (...args: never[]) => Promise<unknown>;
    wrapped[name] = async (...args) => {
      try {
        return await method.apply(api, args);
      } catch (error) {
        // oxlint-disable-next-line no-throw-literal -- plain data crosses whole, an Error does not
        throw toWireError(error);
      }
    };
  }
  return wrapped as unknown as StudioApi;
}

function isMessage(message: unknown): boolean {
  if (typeof message !== 'object' || message === null) return false;
  const { t, m, a, i } = message as Record<string, unknown>;
  return t === 'q' && typeof m === 'string' && Array.isArray(a) && (i === undefined || typeof i === 'string');
}
