import { z } from 'zod';

const names = (what: string) =>
  z.string().optional().describe(`${what} of the model, separated by spaces (default: all)`);

/** Options of `import onnx` (user guide 3.6.5). */
export const importOnnxOptions = z.object({
  model: z.string().min(1).describe('the ONNX model, an .onnx file'),
  inputs: names('input points'),
  outputs: names('output points'),
  inputSizeList: z
    .string()
    .optional()
    .describe("sizes of the inputs, ',' inside one and '#' between them, without batch: '3,224,224#12,1'"),
  sizeWithBatch: z
    .string()
    .optional()
    .describe("whether each size includes the batch: 'True,False,True' (default: False for all)"),
  inputDtypeList: z
    .string()
    .optional()
    .describe(
      "types of the inputs, '#' between them: float, int8, uint8, int16, uint16 (default: float; inputs of whole numbers stay so)",
    ),
  outputModel: z.string().optional().describe('the network to write (default: NAME.json beside the model)'),
  outputData: z
    .string()
    .optional()
    .describe('the coefficients to write (default: NAME.data beside the model)'),
  outputQuantize: z
    .string()
    .optional()
    .describe('the table of a model that is quantized already (default: NAME.quantize beside the network)'),
});
