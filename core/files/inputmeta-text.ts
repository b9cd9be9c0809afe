import type { InputDatabase, InputMeta, InputPort, Preprocess } from '../network/input-meta.ts';
import { yamlFloat } from './float-text.ts';
import { yamlText } from './yaml-values.ts';

const header = [
  '%YAML 1.2',
  '---',
  '# !!!This file disallow TABs!!!',
  '# "category" allowed values: "image, frequency, undefined"',
  '# "database" allowed types: "GENERATOR, H5FS, TEXT, LMDB, NPY, SQLITE"',
  '# "tensor_name" only support in H5FS database',
  '# "preproc_type" allowed types:"IMAGE_RGB, IMAGE_RGB888_PLANAR, IMAGE_I420, IMAGE_NV12, IMAGE_YUV444, IMAGE_GRAY, IMAGE_BGRA, TENSOR"',
  'input_meta:',
  '  databases:',
];

/**
 * The text of NAME_inputmeta.yml as `generate inputmeta` of 6.0.12 writes it, byte for byte.
 * A defaulted mean (all 0 with scale 1) is spelled with integers there, any other with floats.
 */
export function formatInputMeta(meta: InputMeta): string {
  return `${[...header, ...meta.databases.flatMap(databaseLines)].join('\n')}\n`;
}

function databaseLines(database: InputDatabase): string[] {
  return [
    `  - path: ${yamlText(database.path)}`,
    `    type: ${database.type}`,
    '    ports:',
    ...database.ports.flatMap(portLines),
  ];
}

function portLines(port: InputPort): string[] {
  return [
    `    - lid: ${yamlText(port.lid)}`,
    `      category: ${port.category}`,
    `      dtype: ${yamlText(port.dtype)}`,
    `      sparse: ${port.sparse}`,
    port.tensorName === null ? '      tensor_name:' : `      tensor_name: ${yamlText(port.tensorName)}`,
    `      layout: ${port.layout}`,
    '      shape:',
    ...port.shape.map((dim) => `      - ${dim}`),
    `      fitting: ${yamlText(port.fitting)}`,
    '      preprocess:',
    ...preprocessLines(port.preprocess),
    `      redirect_to_output: ${port.redirectToOutput}`,
  ];
}

function preprocessLines(preprocess: Preprocess): string[] {
  const { mean, scale } = preprocess;
  const isDefault = scale === 1 && mean.every((value) => value === 0);
  const spell = isDefault ? String : yamlFloat;
  return [
    `        reverse_channel: ${preprocess.reverseChannel}`,
    ...(mean.length === 0 ? [] : ['        mean:', ...mean.map((value) => `        - ${spell(value)}`)]),
    ...(typeof scale === 'number'
      ? [`        scale: ${yamlFloat(scale)}`]
      : ['        scale:', ...scale.map((value) => `        - ${yamlFloat(value)}`)]),
    '        preproc_node_params:',
    `          add_preproc_node: ${preprocess.addPreprocNode}`,
    `          preproc_type: ${yamlText(preprocess.preprocType)}`,
    '          preproc_perm:',
    ...preprocess.preprocPerm.map((axis) => `          - ${axis}`),
  ];
}
