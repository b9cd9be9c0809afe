/*
 * What the post-processing files share: views of output tensors, lists of detections, suppression of
 * overlapping boxes, and the way from the network's input back to the picture. C99, no global state.
 */
#ifndef PP_COMMON_H
#define PP_COMMON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PP_MAX_POINTS 32

/* Results of every function here: zero, or what went wrong. */
enum
{
    PP_OK = 0,
    PP_BAD_ARGUMENT = -1, /* a view leaves its data, or parameters do not fit together */
    PP_NO_MEMORY = -2
};

/*
 * A tensor seen as channels x height x width, whatever its layout. A table of N rows has height 1 and
 * width N. Element (c, y, x) is data[c * channel_stride + y * row_stride + x * column_stride].
 */
typedef struct
{
    const float *data;
    size_t count; /* floats in data */
    uint32_t channels;
    uint32_t height;
    uint32_t width;
    size_t channel_stride;
    size_t row_stride;
    size_t column_stride;
} pp_view_t;

/* A rectangle with a class and a score; points are x, y pairs. */
typedef struct
{
    float left;
    float top;
    float right;
    float bottom;
    float score;
    int32_t label;
    uint32_t order; /* number of the candidate: decides between equal scores */
    uint32_t point_num;
    float points[2 * PP_MAX_POINTS];
} pp_detection_t;

/* A growing list. Start with { NULL, 0, 0 }, end with pp_free_list(). */
typedef struct
{
    pp_detection_t *items;
    uint32_t num;
    uint32_t capacity;
} pp_list_t;

/* Which candidates are kept. */
typedef struct
{
    float score_threshold; /* lower scores are dropped */
    float nms_threshold;   /* of two boxes with a larger overlap (IoU) the one of lower score is dropped */
    uint32_t max_detections;
    int class_agnostic; /* boxes of different classes suppress each other too */
} pp_filter_t;

/* How the picture was brought to the size of the input. */
typedef struct
{
    uint32_t input_width;
    uint32_t input_height;
    uint32_t image_width;
    uint32_t image_height;
    int letterbox; /* 0: stretched; 1: scaled with its aspect ratio and centred between bars */
} pp_frame_t;

/* Is every element of the view inside its data, and are there any? */
int pp_check_view(const pp_view_t *view);

/* Element (c, y, x) of a view that pp_check_view() accepted. */
float pp_at(const pp_view_t *view, uint32_t c, uint32_t y, uint32_t x);

double pp_sigmoid(double x);

/* The largest of channels first..first+num-1 at (y, x); of equal ones the first. */
uint32_t pp_best_channel(const pp_view_t *view, uint32_t first, uint32_t num, uint32_t y, uint32_t x);

/*
 * Appends a candidate given by centre and size, or nothing if a number is not finite. Coordinates are
 * fractions of the input, 0 to 1. *added is the new item or NULL; it may be NULL itself.
 */
int pp_add_box(pp_list_t *list, double center_x, double center_y, double width, double height, float score,
    uint32_t label, pp_detection_t **added);

void pp_free_list(pp_list_t *list);

/* Sorts by score and drops the weaker of overlapping boxes, and what exceeds the maximum. */
void pp_suppress(pp_list_t *list, const pp_filter_t *filter);

/* A point from fractions of the input to pixels of the picture, not clipped. */
void pp_point_to_image(float *x, float *y, const pp_frame_t *frame);

/* All boxes and points to pixels of the picture; boxes are clipped to it. */
void pp_list_to_image(pp_list_t *list, const pp_frame_t *frame);

#ifdef __cplusplus
}
#endif

#endif
