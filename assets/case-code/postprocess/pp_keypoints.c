#include "pp_keypoints.h"

/* A quarter towards the higher of two neighbours. */
static double shift(float before, float after)
{
    return after > before ? 0.25 : after < before ? -0.25 : 0;
}

static void find_peak(const pp_view_t *view, uint32_t c, pp_keypoint_t *point)
{
    uint32_t y;
    uint32_t x;
    uint32_t peak_y = 0;
    uint32_t peak_x = 0;
    double center_x;
    double center_y;

    for (y = 0; y < view->height; y++)
    {
        for (x = 0; x < view->width; x++)
        {
            if (pp_at(view, c, y, x) > pp_at(view, c, peak_y, peak_x))
            {
                peak_y = y;
                peak_x = x;
            }
        }
    }
    center_x = peak_x + 0.5;
    center_y = peak_y + 0.5;
    if (peak_x > 0 && peak_x + 1 < view->width)
    {
        center_x += shift(pp_at(view, c, peak_y, peak_x - 1), pp_at(view, c, peak_y, peak_x + 1));
    }
    if (peak_y > 0 && peak_y + 1 < view->height)
    {
        center_y += shift(pp_at(view, c, peak_y - 1, peak_x), pp_at(view, c, peak_y + 1, peak_x));
    }
    point->x = (float)(center_x / view->width);
    point->y = (float)(center_y / view->height);
    point->score = pp_at(view, c, peak_y, peak_x);
}

int pp_find_keypoints(const pp_view_t *view, const pp_frame_t *frame, pp_keypoint_t *points)
{
    uint32_t c;

    if (pp_check_view(view) != PP_OK)
    {
        return PP_BAD_ARGUMENT;
    }
    for (c = 0; c < view->channels; c++)
    {
        find_peak(view, c, &points[c]);
        pp_point_to_image(&points[c].x, &points[c].y, frame);
    }
    return PP_OK;
}
