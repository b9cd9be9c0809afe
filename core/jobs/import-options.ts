import { z } from 'zod';

const names = (what: string, fallback = ' (default: all)') =>
  z.string().min(1).describe(`${what} of the model, separated by spaces${fallback}`);

const sizes = (order: string) =>
  z
    .string()
    .min(1)
    .describe(`sizes of the inputs, ',' inside one and '#' between them, without batch: '${order}#12,1'`);

const model = (what: string) => z.string().min(1).describe(what);

const points = { inputs: names('input points').optional(), outputs: names('output points').optional() };

const sizeWithBatch = z
  .string()
  .optional()
  .describe("whether each size includes the batch: 'True,False,True' (default: False for all)");

const written = {
  outputModel: z.string().optional().describe('the network to write (default: NAME.json beside the model)'),
  outputData: z
    .string()
    .optional()
    .describe('the coefficients to write (default: NAME.data beside the model)'),
};

const outputQuantize = z
  .string()
  .optional()
  .describe('the table of a model that is quantized already (default: NAME.quantize beside the network)');

/** Options of `import onnx` (user guide 3.6.5). */
export const importOnnxOptions = z.object({
  model: model('the ONNX model, an .onnx file'),
  ...points,
  inputSizeList: sizes('3,224,224').optional(),
  sizeWithBatch,
  inputDtypeList: z
    .string()
    .optional()
    .describe(
      "types of the inputs, '#' between them: float, int8, uint8, int16, uint16 (default: float; inputs of whole numbers stay so)",
    ),
  ...written,
  outputQuantize,
});

/** Options of `import caffe` (user guide 3.6.1). */
export const importCaffeOptions = z.object({
  model: model('the Caffe model, a .prototxt file'),
  weights: z
    .string()
    .optional()
    .describe('its weights, a .caffemodel file (default: made-up coefficients are written)'),
  proto: z.enum(['caffe', 'lstm_caffe']).default('caffe').describe('dialect of the model'),
  inputs: names('input points', ' (default: all); beyond the vendor').optional(),
  outputs: names('output points', ' (default: all); beyond the vendor').optional(),
  inputSizeList: z
    .string()
    .min(1)
    .optional()
    .describe(
      "sizes of the inputs in place of the model's, without batch: '3,224,224#12,1'; beyond the vendor",
    ),
  ...written,
});

/** Options of `import tensorflow` (user guide 3.6.2). */
export const importTensorflowOptions = z.object({
  model: model('the frozen TensorFlow model, a .pb file; or the folder of a SavedModel'),
  inputs: names('input points', ' (default: its placeholders)').optional(),
  inputSizeList: sizes('224,224,3').optional(),
  outputs: names('output points', ' (default: nodes that nobody reads)').optional(),
  sizeWithBatch,
  meanValues: z
    .string()
    .optional()
    .describe("mean of each input of a quantized model, separated by commas: '128.0,128.0'"),
  stdValues: z
    .string()
    .optional()
    .describe("standard deviation of each input of a quantized model, separated by commas: '128.0,128.0'"),
  predefFile: z.string().optional().describe('values of control placeholders, an .npz file'),
  subgraphs: z
    .string()
    .optional()
    .describe(
      "input and output points of subgraphs: 'in1,in2#out1,out2;in3#out3' (',' between points, '#' before outputs, ';' between graphs)",
    ),
  ...written,
  outputQuantize,
});

/** Options of `import tflite` (user guide 3.6.3). */
export const importTfliteOptions = z.object({
  model: model('the TensorFlow Lite model, a .tflite file'),
  ...points,
  inputSizeList: sizes('224,224,3').optional(),
  sizeWithBatch,
  ...written,
  outputQuantize,
});

/** Options of `import darknet` (user guide 3.6.4). */
export const importDarknetOptions = z.object({
  model: model('the Darknet model, a .cfg file'),
  weights: z.string().min(1).describe('its weights, a .weights file'),
  ...written,
});

/** Options of `import pytorch` (user guide 3.6.6). */
export const importPytorchOptions = z.object({
  model: model('the traced PyTorch model, a .pt file').optional(),
  ...points,
  inputSizeList: sizes('3,224,224').optional(),
  sizeWithBatch,
  config: z.string().optional().describe('all other options in one .json file, in their place'),
  ...written,
});

/** Options of `import keras` (user guide 3.6.7). */
export const importKerasOptions = z.object({
  model: model('the Keras model, an .h5 or .hdf5 file'),
  convertEngine: z.enum(['Keras', 'TFLite']).optional().describe('reserved by the vendor; without effect'),
  ...points,
  inputSizeList: sizes('224,224,3').optional(),
  ...written,
});
