/* A class for every pixel, and a picture of it. C99, no global state. */
#ifndef PP_SEGMENTATION_H
#define PP_SEGMENTATION_H

#include "pp_common.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The best channel of every pixel, row by row, into classes (height * width bytes); of equal ones the first.
 * With one channel: 1 where it is above the threshold.
 */
int pp_segment(const pp_view_t *view, float threshold, uint8_t *classes);

/* Red, green, blue of a class: the palette of the Pascal VOC data set. */
void pp_class_color(uint8_t label, uint8_t color[3]);

/* Writes the classes as a colour picture, a binary PPM file. */
int pp_save_ppm(const char *file, const uint8_t *classes, uint32_t width, uint32_t height);

#ifdef __cplusplus
}
#endif

#endif
