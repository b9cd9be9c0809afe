#include "pp_segmentation.h"

#include <stdio.h>

int pp_segment(const pp_view_t *view, float threshold, uint8_t *classes)
{
    uint32_t y;
    uint32_t x;

    if (pp_check_view(view) != PP_OK || view->channels > 256)
    {
        return PP_BAD_ARGUMENT;
    }
    for (y = 0; y < view->height; y++)
    {
        for (x = 0; x < view->width; x++)
        {
            *classes++ = view->channels == 1 ? pp_at(view, 0, y, x) > threshold
                                             : (uint8_t)pp_best_channel(view, 0, view->channels, y, x);
        }
    }
    return PP_OK;
}

/* Bits 0, 1, 2 of every three bits of the class go to red, green, blue, highest first. */
void pp_class_color(uint8_t label, uint8_t color[3])
{
    uint32_t bit;
    uint32_t c;

    for (c = 0; c < 3; c++)
    {
        color[c] = 0;
        for (bit = 0; 3 * bit + c < 8; bit++)
        {
            color[c] = (uint8_t)(color[c] | ((label >> (3 * bit + c)) & 1) << (7 - bit));
        }
    }
}

int pp_save_ppm(const char *file, const uint8_t *classes, uint32_t width, uint32_t height)
{
    size_t i;
    int is_good;
    uint8_t color[3];
    FILE *fp = fopen(file, "wb");

    if (fp == NULL)
    {
        return PP_BAD_ARGUMENT;
    }
    is_good = fprintf(fp, "P6\n%u %u\n255\n", (unsigned)width, (unsigned)height) > 0;
    for (i = 0; is_good && i < (size_t)width * height; i++)
    {
        pp_class_color(classes[i], color);
        is_good = fwrite(color, 1, 3, fp) == 3;
    }
    return fclose(fp) == 0 && is_good ? PP_OK : PP_BAD_ARGUMENT;
}
