/** The frameworks we import, as on the command line: `pegasus import FRAMEWORK`. */
export type Framework = 'onnx' | 'tensorflow' | 'tflite' | 'keras' | 'caffe' | 'darknet' | 'pytorch';

/** A kind of model by the files it consists of; endings with their dot, in lower case. */
export interface FileFormat {
  /** For people, e.g. "ONNX". */
  title: string;
  /** Endings of the file that a model starts from. */
  extensions: readonly string[];
  /** Endings of files that may come with it. */
  companions: readonly string[];
  /** Files without which a model of this kind is hardly ever whole. */
  asks?: readonly ExpectedFile[];
}

/** A file that is asked for when it does not come with the model. */
export interface ExpectedFile {
  ending: string;
  /** Main files that it belongs to; default: all. */
  of?: RegExp;
  /** Whether the model can be imported without it. */
  optional: boolean;
}

/** The files of each framework. */
export const FRAMEWORK_FILES: Readonly<Record<Framework, FileFormat>> = {
  onnx: { title: 'ONNX', extensions: ['.onnx'], companions: ['.data', '.bin', '.onnx_data', '.weight'] },
  tensorflow: {
    title: 'TensorFlow',
    extensions: ['.pb'],
    companions: ['.npz', '.index', '.data-00000-of-00001'],
    asks: [
      { ending: '.index', of: /^saved_model\.pb$/i, optional: true },
      { ending: '.data-00000-of-00001', of: /^saved_model\.pb$/i, optional: true },
    ],
  },
  tflite: { title: 'TensorFlow Lite', extensions: ['.tflite'], companions: [] },
  keras: { title: 'Keras', extensions: ['.h5', '.hdf5', '.keras'], companions: [] },
  caffe: {
    title: 'Caffe',
    extensions: ['.prototxt'],
    companions: ['.caffemodel'],
    asks: [{ ending: '.caffemodel', optional: true }],
  },
  darknet: {
    title: 'Darknet',
    extensions: ['.cfg'],
    companions: ['.weights'],
    asks: [{ ending: '.weights', optional: false }],
  },
  pytorch: { title: 'PyTorch', extensions: ['.pt', '.pth', '.pt2', '.torchscript'], companions: [] },
};
