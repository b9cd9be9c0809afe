import type { DeviceGraph } from '../device/graph.ts';
import type { Plan } from '../postprocess/plan.ts';
import type { OutputTensor } from '../postprocess/view.ts';
import { stepSource } from './post-steps.ts';
import { loadTemplate, renderTemplate, type TemplateValues } from './template.ts';

/**
 * The graph's outputs as post-processing sees them in the device's memory: the network's shape, and strides by the
 * device's axis order.
 */
export function deviceOutputs(graph: DeviceGraph): OutputTensor[] {
  return graph.outputs.map((id) => {
    const { name, size, order } = graph.tensors[id];
    const shape: number[] = [];
    const strides: number[] = [];
    size.forEach((length, dim) => {
      const axis = size.length - 1 - dim;
      const networkAxis = order.length === size.length ? order[axis] : axis;
      shape[networkAxis] = length;
      strides[networkAxis] = size.slice(0, dim).reduce((product, inner) => product * inner, 1);
    });
    return { key: name.replace(/^@/, '').replace(/:[^:]*$/, ''), shape, strides };
  });
}

/** Files of `assets/case-code/postprocess` that a kind needs. */
const LIBRARY: Record<Plan['kind'], string> = {
  classification: 'pp_classification',
  yolo: 'pp_yolo',
  yolov8: 'pp_yolo_free',
  yolo_table: 'pp_yolo_free',
  ssd: 'pp_ssd',
  blazeface: 'pp_blazeface',
  fastestdet: 'pp_fastestdet',
  segmentation: 'pp_segmentation',
  keypoints: 'pp_keypoints',
};

/** vnn_post_process.c and .h, and the library files that the steps call. */
export function postProcessFiles(steps: readonly Plan[], common: TemplateValues): [string, string][] {
  const libraries = [...new Set(steps.map(({ kind }) => LIBRARY[kind]))].sort();
  const names = libraries.length === 0 ? [] : ['pp_common', ...libraries];
  const values: TemplateValues = {
    ...common,
    postIncludes: [...(steps.some(hasFrame) ? ['vnn_pre_process'] : []), ...libraries].map(
      (name) => `#include "${name}.h"`,
    ),
    postSteps: steps.length === 0 ? [] : stepsSource(steps),
    postCalls: steps.flatMap((_, index) => [
      `if (post_step_${index}(graph) != VSI_SUCCESS)`,
      '{',
      '    status = VSI_FAILURE;',
      '}',
    ]),
  };
  return [
    ...names.flatMap((name) =>
      [`${name}.c`, `${name}.h`].map((file): [string, string] => [file, loadTemplate(`postprocess/${file}`)]),
    ),
    ['vnn_post_process.c', renderTemplate('vnn_post_process.c', values)],
    ['vnn_post_process.h', renderTemplate('vnn_post_process.h', common)],
  ];
}

/** Does the step give places in the picture? */
function hasFrame(plan: Plan): boolean {
  return 'frame' in plan;
}

/** Only the helpers that some step calls: an unused static function is a warning. */
function stepsSource(steps: readonly Plan[]): string {
  const has = (...kinds: Plan['kind'][]): boolean => steps.some(({ kind }) => kinds.includes(kind));
  const finds = steps.some((plan) => 'scoreThreshold' in plan);
  const helper = (name: string, isNeeded: boolean): string =>
    isNeeded ? loadTemplate(`vnn_post_process.${name}.c`) : '';
  return renderTemplate('vnn_post_process.steps.c', {
    viewFunction: helper('view', finds || has('segmentation', 'keypoints')),
    labelFunction: helper('label', true),
    frameFunction: helper('frame', steps.some(hasFrame)),
    detectionFunction: helper('detections', finds),
    steps: steps.map(stepSource).join('\n'),
  });
}
