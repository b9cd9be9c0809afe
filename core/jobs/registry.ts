import type { JobContext } from './context.ts';
import type { EvaluateResult } from './evaluate.ts';
import type { ExportResult } from './export.ts';
import type { ImportResult } from './import.ts';
import type { InferenceResult } from './inference.ts';
import type { InputMetaResult } from './inputmeta.ts';
import type { OptionsSchema } from './options.ts';
import type { QuantizeResult } from './quantize/result.ts';
import type { RunCaseResult } from './run-case.ts';

/** What each job answers when it ran in a worker thread: plain data only. */
export interface JobResults {
  'import onnx': Pick<ImportResult, 'files'> & { layers: number };
  'generate inputmeta': InputMetaResult;
  quantize: QuantizeResult;
  evaluate: EvaluateResult;
  inference: InferenceResult;
  'export ovxlib': ExportResult;
  'run case': RunCaseResult;
}

/** The jobs, by the words of the command line. */
export type JobName = keyof JobResults;

/** One job: its options and the function that does it. Its code is loaded when either is asked for. */
export interface JobEntry<Name extends JobName> {
  options(): Promise<OptionsSchema>;
  /** One sentence for help texts. */
  summary: string;
  run(options: unknown, context: JobContext): Promise<JobResults[Name]>;
  /** Not a command of pegasus. */
  libraryOnly?: boolean;
  /** Gives way often enough to be run, shown and cancelled on one thread. */
  gentle?: boolean;
}

/** Every job there is. */
export const jobs: { readonly [Name in JobName]: JobEntry<Name> } = {
  'import onnx': {
    summary: 'Turns an ONNX model into an ACUITY network (.json and .data).',
    options: async () => (await import('./import-options.ts')).importOnnxOptions,
    run: async (options, context) => {
      const { importOnnxJob } = await import('./import.ts');
      const { network, files } = await importOnnxJob(options, context);
      return { files, layers: network.layers.size };
    },
    gentle: true,
  },
  'generate inputmeta': {
    summary: 'Writes NAME_inputmeta.yml: where samples come from and how they become input tensors.',
    options: async () => (await import('./inputmeta.ts')).inputMetaOptions,
    run: async (options, context) => (await import('./inputmeta.ts')).inputMetaJob(options, context),
    gentle: true,
  },
  quantize: {
    summary: 'Calibrates a network over its dataset and writes NAME.quantize.',
    options: async () => (await import('./quantize/options.ts')).quantizeOptions,
    run: async (options, context) => (await import('./quantize/job.ts')).quantizeJob(options, context),
  },
  evaluate: {
    summary: 'Compares a quantized network with its float one on the dataset.',
    options: async () => (await import('./evaluate.ts')).evaluateOptions,
    run: async (options, context) => (await import('./evaluate.ts')).evaluateJob(options, context),
    libraryOnly: true,
  },
  inference: {
    summary: 'Runs a network on this computer, float or quantized.',
    options: async () => (await import('./inference.ts')).inferenceOptions,
    run: async (options, context) => (await import('./inference.ts')).inferenceJob(options, context),
  },
  'export ovxlib': {
    summary: 'Writes the ovxlib C case code of a network.',
    options: async () => (await import('./export.ts')).exportOvxlibOptions,
    run: async (options, context) => (await import('./export.ts')).exportOvxlibJob(options, context),
  },
  'run case': {
    summary: 'Compiles an exported case on this computer and runs it.',
    options: async () => (await import('./run-case.ts')).runCaseOptions,
    run: async (options, context) => (await import('./run-case.ts')).runCaseJob(options, context),
    libraryOnly: true,
  },
};
