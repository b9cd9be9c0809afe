import type { InputMeta, Preprocess } from '../network/input-meta.ts';

/** Input meta of a network with one NCHW image input. */
export function imageMeta(lid: string, shape: number[], preprocess: Partial<Preprocess> = {}): InputMeta {
  const port = {
    lid,
    category: 'image' as const,
    dtype: 'float32',
    sparse: false,
    tensorName: null,
    layout: 'nchw' as const,
    shape,
    fitting: 'scale',
    preprocess: {
      reverseChannel: false,
      mean: [],
      scale: 1,
      addPreprocNode: false,
      preprocType: 'IMAGE_RGB',
      preprocPerm: [0, 1, 2, 3],
      ...preprocess,
    },
    redirectToOutput: false,
  };
  return { databases: [{ path: 'dataset.txt', type: 'TEXT', ports: [port] }] };
}
