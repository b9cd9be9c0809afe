/* Faces and their points from BlazeFace (MediaPipe). C99, no global state. */
#ifndef PP_BLAZEFACE_H
#define PP_BLAZEFACE_H

#include "pp_common.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One pair of outputs: logits and boxes with points, a row per anchor. */
typedef struct
{
    pp_view_t scores; /* rows of 1 */
    pp_view_t boxes;  /* rows of x, y, width, height and x, y of each point, in pixels of the input */
    uint32_t grid;    /* the anchors are the centres of grid x grid cells */
    uint32_t repeats; /* anchors of each cell */
} pp_blazeface_head_t;

/* Appends all boxes that reach the threshold. scale: pixels of the input's side. */
int pp_blazeface_decode(const pp_blazeface_head_t *heads, uint32_t head_num, float scale, float score_threshold,
    pp_list_t *list);

#ifdef __cplusplus
}
#endif

#endif
