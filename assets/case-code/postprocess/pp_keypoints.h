/* Points from heat maps. C99, no global state. */
#ifndef PP_KEYPOINTS_H
#define PP_KEYPOINTS_H

#include "pp_common.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct
{
    float x;
    float y;
    float score; /* height of the peak */
} pp_keypoint_t;

/*
 * The highest element of every channel, moved a quarter of a cell towards its higher neighbours, in pixels
 * of the picture. points has one place per channel.
 */
int pp_find_keypoints(const pp_view_t *view, const pp_frame_t *frame, pp_keypoint_t *points);

#ifdef __cplusplus
}
#endif

#endif
