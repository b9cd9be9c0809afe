import type { JobContext } from './context.ts';
import { exportOvxlibJob, exportOvxlibOptions, type ExportResult } from './export.ts';
import { importOnnxJob, importOnnxOptions, type ImportResult } from './import.ts';
import { inferenceJob, inferenceOptions, type InferenceResult } from './inference.ts';
import { inputMetaJob, inputMetaOptions, type InputMetaResult } from './inputmeta.ts';
import type { OptionsSchema } from './options.ts';
import { runCaseJob, runCaseOptions, type RunCaseResult } from './run-case.ts';
import { quantizeJob } from './quantize/job.ts';
import { quantizeOptions } from './quantize/options.ts';
import type { QuantizeResult } from './quantize/result.ts';

/** What each job answers when it ran in a worker thread: plain data only. */
export interface JobResults {
  'import onnx': Pick<ImportResult, 'files'> & { layers: number };
  'generate inputmeta': InputMetaResult;
  quantize: QuantizeResult;
  inference: InferenceResult;
  'export ovxlib': ExportResult;
  'run case': RunCaseResult;
}

/** The jobs, by the words of the command line. */
export type JobName = keyof JobResults;

/** One job: its options and the function that does it. */
export interface JobEntry<Name extends JobName> {
  options: OptionsSchema;
  /** One sentence for help texts. */
  summary: string;
  run(options: unknown, context: JobContext): Promise<JobResults[Name]>;
  /** Not a command of pegasus. */
  libraryOnly?: boolean;
}

/** Every job there is. */
export const jobs: { readonly [Name in JobName]: JobEntry<Name> } = {
  'import onnx': {
    options: importOnnxOptions,
    summary: 'Turns an ONNX model into an ACUITY network (.json and .data).',
    run: async (options, context) => {
      const { network, files } = await importOnnxJob(options, context);
      return { files, layers: network.layers.size };
    },
  },
  'generate inputmeta': {
    options: inputMetaOptions,
    summary: 'Writes NAME_inputmeta.yml: where samples come from and how they become input tensors.',
    run: inputMetaJob,
  },
  quantize: {
    options: quantizeOptions,
    summary: 'Calibrates a network over its dataset and writes NAME.quantize.',
    run: quantizeJob,
  },
  inference: {
    options: inferenceOptions,
    summary: 'Runs a network on this computer, float or quantized.',
    run: inferenceJob,
  },
  'export ovxlib': {
    options: exportOvxlibOptions,
    summary: 'Writes the ovxlib C case code of a network.',
    run: exportOvxlibJob,
  },
  'run case': {
    options: runCaseOptions,
    summary: 'Compiles an exported case on this computer and runs it.',
    run: runCaseJob,
    libraryOnly: true,
  },
};
