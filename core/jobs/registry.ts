import type { AnalyzeResult } from './analyze.ts';
import type { CheckenvResult } from './checkenv.ts';
import type { CompareDumpsResult } from './compare-dumps.ts';
import type { JobContext } from './context.ts';
import type { DumpResult } from './dump.ts';
import type { EvaluateResult } from './evaluate.ts';
import type { ExportResult } from './export.ts';
import type { ImportResult } from './import.ts';
import type { InferenceResult } from './inference.ts';
import type { InputMetaResult } from './inputmeta.ts';
import type { MeasureResult } from './measure.ts';
import type { OptionsSchema } from './options.ts';
import type { PostProcessFileResult } from './postprocess-file.ts';
import type { ProfileResult } from './profile.ts';
import type { QuantizeResult } from './quantize/result.ts';
import type { RunCaseResult } from './run-case.ts';
import type { Shown } from './show.ts';
import type { TargetResult } from './target.ts';
import type { VerifyResult } from './verify.ts';

/** What every import answers. */
type ImportSummary = Pick<ImportResult, 'files'> & { layers: number };

/** What each job answers when it ran in a worker thread: plain data only. */
export interface JobResults {
  'import caffe': ImportSummary;
  'import tensorflow': ImportSummary;
  'import tflite': ImportSummary;
  'import darknet': ImportSummary;
  'import onnx': ImportSummary;
  'import pytorch': ImportSummary;
  'import keras': ImportSummary;
  'generate inputmeta': InputMetaResult;
  'generate postprocess-file': PostProcessFileResult;
  quantize: QuantizeResult;
  analyze: AnalyzeResult;
  evaluate: EvaluateResult;
  inference: InferenceResult;
  'export ovxlib': ExportResult;
  dump: DumpResult;
  'compare dumps': CompareDumpsResult;
  measure: MeasureResult;
  target: TargetResult;
  checkenv: CheckenvResult;
  'run case': RunCaseResult;
  verify: VerifyResult;
  profile: ProfileResult;
}

/** The jobs, by the words of the command line. */
export type JobName = keyof JobResults;

/** One job: its options and the function that does it. Its code is loaded when either is asked for. */
export interface JobEntry<Name extends JobName> {
  options(): Promise<OptionsSchema>;
  /** One sentence for help texts. */
  summary: string;
  run(options: unknown, context: JobContext): Promise<JobResults[Name]>;
  /** How faces of text show the result; absent where the log says all. */
  shown?(): Promise<Shown<JobResults[Name]>>;
  /** Not a command of pegasus. */
  libraryOnly?: boolean;
  /** Gives way often enough to be run, shown and cancelled on one thread. */
  gentle?: boolean;
}

/** An import: its options are of the guide, its answer is short. */
const importEntry = (
  summary: string,
  schema: (options: typeof import('./import-options.ts')) => OptionsSchema,
  job: () => Promise<(options: unknown, context: JobContext) => Promise<ImportResult>>,
) => ({
  summary,
  options: async () => schema(await import('./import-options.ts')),
  run: async (options: unknown, context: JobContext): Promise<ImportSummary> => {
    const { network, files } = await (await job())(options, context);
    return { files, layers: network.layers.size };
  },
  gentle: true,
});

/** Every job there is. */
export const jobs: { readonly [Name in JobName]: JobEntry<Name> } = {
  'import caffe': importEntry(
    'Turns a Caffe model into an ACUITY network (.json and .data).',
    (schemas) => schemas.importCaffeOptions,
    async () => (await import('./import.ts')).importCaffeJob,
  ),
  'import tensorflow': importEntry(
    'Turns a frozen TensorFlow model into an ACUITY network (.json and .data).',
    (schemas) => schemas.importTensorflowOptions,
    async () => (await import('./import-tensorflow.ts')).importTensorflowJob,
  ),
  'import tflite': importEntry(
    'Turns a TensorFlow Lite model into an ACUITY network (.json and .data).',
    (schemas) => schemas.importTfliteOptions,
    async () => (await import('./import.ts')).importTfliteJob,
  ),
  'import darknet': importEntry(
    'Turns a Darknet model (.cfg and .weights) into an ACUITY network (.json and .data).',
    (schemas) => schemas.importDarknetOptions,
    async () => (await import('./import.ts')).importDarknetJob,
  ),
  'import onnx': importEntry(
    'Turns an ONNX model into an ACUITY network (.json and .data).',
    (schemas) => schemas.importOnnxOptions,
    async () => (await import('./import.ts')).importOnnxJob,
  ),
  'import pytorch': importEntry(
    'Turns a PyTorch model into an ACUITY network (.json and .data).',
    (schemas) => schemas.importPytorchOptions,
    async () => (await import('./import-pytorch.ts')).importPytorchJob,
  ),
  'import keras': importEntry(
    'Turns a Keras model into an ACUITY network (.json and .data).',
    (schemas) => schemas.importKerasOptions,
    async () => (await import('./import.ts')).importKerasJob,
  ),
  'generate inputmeta': {
    summary: 'Writes NAME_inputmeta.yml: where samples come from and how they become input tensors.',
    options: async () => (await import('./inputmeta.ts')).inputMetaOptions,
    run: async (options, context) => (await import('./inputmeta.ts')).inputMetaJob(options, context),
    gentle: true,
  },
  'generate postprocess-file': {
    summary:
      'Writes NAME_postprocess_file.yml: what becomes of the outputs in inference and in the C program.',
    options: async () => (await import('./postprocess-file.ts')).postProcessFileOptions,
    run: async (options, context) =>
      (await import('./postprocess-file.ts')).postProcessFileJob(options, context),
    gentle: true,
  },
  quantize: {
    summary: 'Calibrates a network over its dataset and writes NAME.quantize.',
    options: async () => (await import('./quantize/options.ts')).quantizeOptions,
    run: async (options, context) => (await import('./quantize/job.ts')).quantizeJob(options, context),
  },
  analyze: {
    summary: 'Measures the error of each tensor under a quantize table.',
    options: async () => (await import('./analyze.ts')).analyzeOptions,
    run: async (options, context) => (await import('./analyze.ts')).analyzeJob(options, context),
    libraryOnly: true,
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
    shown: async () => (await import('./inference.ts')).showInference,
  },
  'export ovxlib': {
    summary: 'Writes the ovxlib C case code of a network.',
    options: async () => (await import('./export.ts')).exportOvxlibOptions,
    run: async (options, context) => (await import('./export.ts')).exportOvxlibJob(options, context),
  },
  dump: {
    summary: 'Writes the output of every layer as text, float or quantized.',
    options: async () => (await import('./dump.ts')).dumpOptions,
    run: async (options, context) => (await import('./dump.ts')).dumpJob(options, context),
  },
  'compare dumps': {
    summary: 'Compares what a program wrote of every layer with the simulated network; beyond the vendor.',
    options: async () => (await import('./compare-dumps.ts')).compareDumpsOptions,
    run: async (options, context) => (await import('./compare-dumps.ts')).compareDumpsJob(options, context),
    shown: async () => (await import('./compare-dumps-text.ts')).showCompareDumps,
  },
  measure: {
    summary: 'Counts multiply-accumulates, parameters and bytes of every layer.',
    options: async () => (await import('./measure.ts')).measureOptions,
    run: async (options, context) => (await import('./measure.ts')).measureJob(options, context),
    shown: async () => (await import('./measure.ts')).showMeasure,
    gentle: true,
  },
  target: {
    summary: "Tells the chip and its --optimize name from a board's serial number; beyond the vendor.",
    options: async () => (await import('./target.ts')).targetOptions,
    run: async (options, context) => (await import('./target.ts')).targetJob(options, context),
    shown: async () => (await import('./target.ts')).showTarget,
    gentle: true,
  },
  checkenv: {
    summary: 'Checks that all that the commands need is on this computer.',
    options: async () => (await import('./checkenv.ts')).checkenvOptions,
    run: async (options, context) => (await import('./checkenv.ts')).checkenvJob(options, context),
    shown: async () => (await import('./checkenv.ts')).showCheckenv,
    gentle: true,
  },
  'run case': {
    summary: 'Compiles an exported case on this computer and runs it.',
    options: async () => (await import('./run-case.ts')).runCaseOptions,
    run: async (options, context) => (await import('./run-case.ts')).runCaseJob(options, context),
    libraryOnly: true,
  },
  verify: {
    summary: 'Runs one sample through the float, the quantized and the compiled network.',
    options: async () => (await import('./verify.ts')).verifyOptions,
    run: async (options, context) => (await import('./verify.ts')).verifyJob(options, context),
    libraryOnly: true,
  },
  profile: {
    summary: 'Says on which unit of the NPU each layer runs, and how long the simulator takes for it.',
    options: async () => (await import('./profile.ts')).profileOptions,
    run: async (options, context) => (await import('./profile.ts')).profileJob(options, context),
    libraryOnly: true,
  },
};
