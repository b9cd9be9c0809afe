/* Boxes of YOLO networks without anchors (version 8 and its kin) and of decoded tables. C99, no global state. */
#ifndef PP_YOLO_FREE_H
#define PP_YOLO_FREE_H

#include "pp_common.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One scale: distances to the four sides as distributions over bins, and one logit per class. */
typedef struct
{
    pp_view_t boxes;   /* channels: 4 * bins, in the order left, top, right, bottom */
    pp_view_t classes; /* same height and width */
    int activated;     /* classes passed a sigmoid already */
} pp_yolo_free_head_t;

/* Appends all boxes whose best class reaches the threshold. */
int pp_yolo_free_decode(const pp_yolo_free_head_t *heads, uint32_t head_num, float score_threshold, pp_list_t *list);

/*
 * The same from a table of decoded boxes: x, y, width, height of the centre form in pixels of the input, the
 * objectness if there is one, and one probability per class.
 */
int pp_yolo_table_decode(const pp_view_t *table, int has_objectness, uint32_t input_width, uint32_t input_height,
    float score_threshold, pp_list_t *list);

#ifdef __cplusplus
}
#endif

#endif
