/* Boxes of YOLO networks with anchors: versions 2, 3, 4 and 5. C99, no global state. */
#ifndef PP_YOLO_H
#define PP_YOLO_H

#include "pp_common.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum
{
    PP_YOLO_V2 = 2, /* anchors in cells, softmax over the classes */
    PP_YOLO_V3 = 3, /* anchors in pixels of the input */
    PP_YOLO_V4 = 4, /* as v3, centres stretched by scale_xy */
    PP_YOLO_V5 = 5  /* centres 2s-0.5, sizes (2s)^2; also v7 */
} pp_yolo_version_t;

/* One output: for each anchor x, y, width, height, objectness and one value per class. */
typedef struct
{
    pp_view_t view;       /* channels: 5 + classes, those of one anchor */
    size_t anchor_stride; /* from one anchor to the next in the data */
    uint32_t anchor_num;
    const float *anchors; /* width, height of each */
    float scale_xy;       /* version 4 only; 1: as version 3 */
} pp_yolo_head_t;

/*
 * Appends all boxes whose objectness times best class reaches the threshold.
 * activated: the network ends with the sigmoids (version 2: and the softmax) already; before version 5 widths
 * and heights have none.
 */
int pp_yolo_decode(const pp_yolo_head_t *heads, uint32_t head_num, pp_yolo_version_t version, int activated,
    uint32_t input_width, uint32_t input_height, float score_threshold, pp_list_t *list);

#ifdef __cplusplus
}
#endif

#endif
