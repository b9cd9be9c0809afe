import type { DetectionPlan, Plan } from '../postprocess/plan.ts';
import type { View } from '../postprocess/view.ts';
import { floatLiteral } from './c-text.ts';
import { floatTable, frameLine, indent, labelLines, loop, table, viewText } from './post-text.ts';

/** Statics of a step and the statements that do its work, once its outputs are read into `in`. */
interface Body {
  statics: string[];
  lines: string[];
}

/** `static vsi_status post_step_<index>(graph)`: one step of the post-processing. */
export function stepSource(plan: Plan, index: number): string {
  const outputs = outputsOf(plan);
  const place = (view: View): string => viewText(view, outputs.indexOf(view.output));
  const { statics, lines } =
    'scoreThreshold' in plan ? detectionBody(plan, place) : otherBody(plan, index, place);
  return [
    `/* Step ${index}: ${plan.kind}. */`,
    `static vsi_status post_step_${index}(vsi_nn_graph_t *graph)`,
    '{',
    ...indent(1, [
      `static const uint32_t outputs[] = { ${outputs.join(', ')} };`,
      ...labelLines(plan.labels),
      ...statics,
      `output_values_t in[${outputs.length}];`,
      `vsi_status status = read_outputs(graph, outputs, ${outputs.length}, in);`,
      '',
      'if (status == VSI_SUCCESS)',
      '{',
      ...indent(1, lines),
      '}',
      `free_outputs(in, ${outputs.length});`,
      'return status;',
    ]),
    '}',
    '',
  ].join('\n');
}

/** Numbers of the outputs a step reads, each once. */
function outputsOf(plan: Plan): number[] {
  return [
    ...new Set(plan.kind === 'classification' ? [plan.output] : viewsOf(plan).map(({ output }) => output)),
  ];
}

function viewsOf(plan: Exclude<Plan, { kind: 'classification' }>): View[] {
  switch (plan.kind) {
    case 'yolo':
      return plan.heads.map(({ view }) => view);
    case 'yolov8':
      return plan.heads.flatMap(({ boxes, classes }) => [boxes, classes]);
    case 'blazeface':
      return plan.heads.flatMap(({ scores, boxes }) => [scores, boxes]);
    case 'yolo_table':
      return [plan.table];
    case 'ssd':
      return [plan.ssd.boxes, plan.ssd.scores];
    default:
      return [plan.view];
  }
}

function detectionBody(plan: DetectionPlan, place: (view: View) => string): Body {
  const { statics, lines, call } = decoder(plan, place);
  const labels = plan.labels.length === 0 ? 'NULL, 0' : `labels, ${plan.labels.length}`;
  const limits = [plan.scoreThreshold, plan.nmsThreshold].map(floatLiteral).join('f, ');
  return {
    statics: [
      ...statics,
      `static const pp_filter_t filter = { ${limits}f, ${plan.maxDetections}, ${Number(plan.classAgnostic)} };`,
      'pp_list_t found = { NULL, 0, 0 };',
    ],
    lines: [
      ...lines,
      frameLine(plan.frame),
      '',
      `status = show_detections(${call}, &found, &filter, &frame, ${labels});`,
    ],
  };
}

function decoder(
  plan: DetectionPlan,
  place: (view: View) => string,
): { statics: string[]; lines: string[]; call: string } {
  const { inputWidth, inputHeight } = plan.frame;
  switch (plan.kind) {
    case 'yolo': {
      const rows = plan.heads.map(
        ({ view, anchors, scaleXY }, head) =>
          `{ ${place(view)}, ${view.anchorStride}, ${anchors.length / 2}, anchors_${head}, ${floatLiteral(scaleXY)}f }`,
      );
      return {
        statics: plan.heads.flatMap(({ anchors }, head) => floatTable(`anchors_${head}`, anchors)),
        lines: table('pp_yolo_head_t', 'heads', rows),
        call: `pp_yolo_decode(heads, ${rows.length}, PP_YOLO_${plan.version.toUpperCase()}, ${Number(plan.activated)}, ${inputWidth}, ${inputHeight}, filter.score_threshold, &found)`,
      };
    }
    case 'yolov8': {
      const rows = plan.heads.map(
        ({ boxes, classes }) => `{ ${place(boxes)}, ${place(classes)}, ${Number(plan.activated)} }`,
      );
      return {
        statics: [],
        lines: table('pp_yolo_free_head_t', 'heads', rows),
        call: `pp_yolo_free_decode(heads, ${rows.length}, filter.score_threshold, &found)`,
      };
    }
    case 'yolo_table':
      return {
        statics: [],
        lines: [`const pp_view_t table = ${place(plan.table)};`],
        call: `pp_yolo_table_decode(&table, ${Number(plan.objectness)}, ${inputWidth}, ${inputHeight}, filter.score_threshold, &found)`,
      };
    case 'ssd': {
      const { boxes, scores, priors, variances, activation, hasBackground } = plan.ssd;
      const enumerator = { none: 'READY', softmax: 'SOFTMAX', sigmoid: 'SIGMOID' }[activation];
      const fields = [
        place(boxes),
        place(scores),
        ...(priors ? ['priors', String(priors.length / 4)] : ['NULL', '0']),
        `{ ${variances.map((value) => `${floatLiteral(value)}f`).join(', ')} }`,
        `PP_SCORES_${enumerator}`,
        String(Number(hasBackground)),
      ];
      return {
        statics: priors ? floatTable('priors', priors) : [],
        lines: [
          'const pp_ssd_t ssd = {',
          ...indent(
            1,
            fields.map((field) => `${field},`),
          ),
          '};',
        ],
        call: 'pp_ssd_decode(&ssd, filter.score_threshold, &found)',
      };
    }
    case 'blazeface': {
      const rows = plan.heads.map(
        ({ scores, boxes, grid, repeats }) => `{ ${place(scores)}, ${place(boxes)}, ${grid}, ${repeats} }`,
      );
      return {
        statics: [],
        lines: table('pp_blazeface_head_t', 'heads', rows),
        call: `pp_blazeface_decode(heads, ${rows.length}, ${floatLiteral(inputWidth)}f, filter.score_threshold, &found)`,
      };
    }
    case 'fastestdet':
      return {
        statics: [],
        lines: [`const pp_view_t view = ${place(plan.view)};`],
        call: 'pp_fastestdet_decode(&view, filter.score_threshold, &found)',
      };
  }
}

function otherBody(plan: Exclude<Plan, DetectionPlan>, index: number, place: (view: View) => string): Body {
  const labels = plan.labels.length === 0 ? 'NULL, 0' : `labels, ${plan.labels.length}`;
  const name = (what: string): string => `name_of(${labels}, "${what}", `;
  switch (plan.kind) {
    case 'classification':
      return {
        statics: [`pp_class_t top[${plan.topn}];`, 'char buffer[32];', 'uint32_t i;', 'uint32_t num;'],
        lines: [
          `num = pp_classify(in[0].values, in[0].count < ${plan.count} ? in[0].count : ${plan.count}, ${Number(plan.softmax)}, top, ${plan.topn});`,
          ...loop('i', 'num', [
            'printf("%u %s: %.6f\\n", top[i].label,',
            `    ${name('class')}top[i].label, buffer, sizeof(buffer)), top[i].score);`,
          ]),
        ],
      };
    case 'keypoints':
      return {
        statics: [`pp_keypoint_t points[${plan.view.channels}];`, 'char buffer[32];', 'uint32_t i;'],
        lines: [
          `const pp_view_t view = ${place(plan.view)};`,
          frameLine(plan.frame),
          '',
          'status = pp_find_keypoints(&view, &frame, points) == PP_OK ? VSI_SUCCESS : VSI_FAILURE;',
          ...loop('i', `(status == VSI_SUCCESS ? ${plan.view.channels}u : 0u)`, [
            `printf("%s: %.4f at %.3f %.3f\\n", ${name('point')}i, buffer, sizeof(buffer)), points[i].score,`,
            '    points[i].x, points[i].y);',
          ]),
        ],
      };
    case 'segmentation': {
      const { height, width } = plan.view;
      const pixels = height * width;
      return {
        statics: ['char buffer[32];', 'uint32_t i;', 'uint32_t counts[256] = { 0 };'],
        lines: [
          `const pp_view_t view = ${place(plan.view)};`,
          `uint8_t *classes = (uint8_t *)malloc(${pixels});`,
          '',
          `status = classes && pp_segment(&view, ${floatLiteral(plan.threshold)}f, classes) == PP_OK`,
          `        && pp_save_ppm("segmentation${index}.ppm", classes, ${width}, ${height}) == PP_OK`,
          '    ? VSI_SUCCESS : VSI_FAILURE;',
          ...loop('i', `(status == VSI_SUCCESS ? ${pixels}u : 0u)`, ['counts[classes[i]]++;']),
          ...loop('i', '256', [
            'if (counts[i] > 0)',
            '{',
            `    printf("%s: %.2f %% of ${width} x ${height}\\n", ${name('class')}i, buffer, sizeof(buffer)),`,
            `        100.0 * counts[i] / ${pixels});`,
            '}',
          ]),
          'free(classes);',
        ],
      };
    }
  }
}
