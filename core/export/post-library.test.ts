import { mkdtempSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../files/package-root.ts';
import { canRunCases, compileStrictly, runProgram } from '../testing/case-program.ts';
import { temporaryFolder } from '../testing/temporary.ts';

const root = temporaryFolder();
const library = join(packageRoot(), 'assets/case-code/postprocess');

/** Calls with views and parameters that must be refused; every check that fails is an exit code. */
const VIEW_CHECKS = `
#include <stdio.h>
#include "pp_blazeface.h"
#include "pp_segmentation.h"
#include "pp_ssd.h"
#include "pp_yolo.h"
#include "pp_yolo_free.h"

static int checks = 0;
static int is_refused(int status) { checks++; return status == PP_BAD_ARGUMENT; }

int main(void)
{
    float data[24] = { 0 };
    const float anchors[4] = { 1, 1, 1, 1 };
    uint8_t classes[24];
    pp_list_t list = { NULL, 0, 0 };
    const pp_view_t good = { data, 24, 6, 2, 2, 4, 2, 1 };
    pp_view_t far = good;
    pp_view_t huge = good;
    pp_view_t none = good;
    const pp_view_t boxes = { data, 24, 4, 1, 6, 1, 0, 4 };
    const pp_view_t scores = { data, 24, 2, 1, 5, 1, 0, 2 };
    pp_ssd_t ssd = { { NULL, 0, 0, 0, 0, 0, 0, 0 }, { NULL, 0, 0, 0, 0, 0, 0, 0 }, NULL, 0, { 1, 1, 1, 1 }, PP_SCORES_READY, 1 };
    pp_yolo_head_t yolo = { good, 24, 2, anchors, 1 };
    pp_yolo_free_head_t yolo_free = { good, good, 0 };
    pp_blazeface_head_t face = { scores, boxes, 0, 0 };
    int is_good = pp_check_view(&good) == PP_OK;

    far.column_stride = 3;
    huge.channels = 0xffffffffu;
    huge.channel_stride = SIZE_MAX;
    none.data = NULL;
    is_good = is_good && is_refused(pp_check_view(&far)) && is_refused(pp_check_view(&huge))
        && is_refused(pp_check_view(&none)) && is_refused(pp_segment(&far, 0, classes));
    /* The second anchor begins behind the data. */
    is_good = is_good && is_refused(pp_yolo_decode(&yolo, 1, PP_YOLO_V3, 0, 8, 8, 0.9f, &list));
    yolo.anchor_num = 1;
    is_good = is_good && is_refused(pp_yolo_decode(&yolo, 1, PP_YOLO_V3, 0, 0, 8, 0.9f, &list));
    is_good = is_good && is_refused(pp_yolo_free_decode(&yolo_free, 1, 0.9f, &list));
    ssd.boxes = boxes;
    ssd.scores = scores;
    is_good = is_good && is_refused(pp_ssd_decode(&ssd, 0.9f, &list));
    ssd.scores = boxes;
    ssd.priors = anchors;
    ssd.prior_num = 1;
    is_good = is_good && is_refused(pp_ssd_decode(&ssd, 0.9f, &list));
    is_good = is_good && is_refused(pp_blazeface_decode(&face, 1, 8, 0.9f, &list));
    is_good = is_good && is_refused(pp_yolo_table_decode(&boxes, 0, 8, 8, 0.9f, &list));
    is_good = is_good && list.num == 0;
    pp_free_list(&list);
    printf("%d checks\\n", checks);
    return is_good ? 0 : 1;
}
`;

describe.skipIf(!canRunCases)('the C library (skipped without out/sdk, gcc, g++ or make)', () => {
  it('is C99 in every file of the library', () => {
    const sources = readdirSync(library).filter((name) => name.endsWith('.c'));
    expect(sources.length).toBeGreaterThan(8);
    compileStrictly(library, 'c', ['-std=c99', '-pedantic', '-fsyntax-only'], sources);
    const headers = readdirSync(library).filter((name) => name.endsWith('.h'));
    for (const header of headers) compileStrictly(library, 'c++', ['-fsyntax-only', '-x', 'c++'], [header]);
  }, 60_000);

  it('refuses views that leave their data, and parameters that do not fit together', async () => {
    const project = mkdtempSync(join(root, 'views-'));
    await writeFile(join(project, 'check.c'), VIEW_CHECKS);
    const sources = [
      'pp_common.c',
      'pp_yolo.c',
      'pp_yolo_free.c',
      'pp_ssd.c',
      'pp_blazeface.c',
      'pp_segmentation.c',
    ];
    const flags = ['-std=c99', `-I${library}`, '-fsanitize=address,undefined', '-o', 'check', 'check.c'];
    const paths = sources.map((name) => join(library, name));
    compileStrictly(project, 'c', [...flags, ...paths], ['-lm']);
    expect(runProgram(join(project, 'check'))).toBe('11 checks\n');
  }, 60_000);
});
