/* Boxes of FastestDet. C99, no global state. */
#ifndef PP_FASTESTDET_H
#define PP_FASTESTDET_H

#include "pp_common.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Appends all boxes that reach the threshold.
 * view: objectness, x, y, width, height and one probability per class for each cell.
 */
int pp_fastestdet_decode(const pp_view_t *view, float score_threshold, pp_list_t *list);

#ifdef __cplusplus
}
#endif

#endif
