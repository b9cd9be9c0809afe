#include "pp_fastestdet.h"

#include <math.h>

int pp_fastestdet_decode(const pp_view_t *view, float score_threshold, pp_list_t *list)
{
    uint32_t y;
    uint32_t x;
    int status;

    if (pp_check_view(view) != PP_OK || view->channels < 6)
    {
        return PP_BAD_ARGUMENT;
    }
    for (y = 0; y < view->height; y++)
    {
        for (x = 0; x < view->width; x++)
        {
            uint32_t best = pp_best_channel(view, 5, view->channels - 5, y, x);
            float score = (float)(pow(pp_at(view, 0, y, x), 0.6) * pow(pp_at(view, best, y, x), 0.4));

            if (score >= score_threshold)
            {
                status = pp_add_box(list, (tanh(pp_at(view, 1, y, x)) + x) / view->width,
                    (tanh(pp_at(view, 2, y, x)) + y) / view->height, pp_sigmoid(pp_at(view, 3, y, x)),
                    pp_sigmoid(pp_at(view, 4, y, x)), score, best - 5, NULL);
                if (status != PP_OK)
                {
                    return status;
                }
            }
        }
    }
    return PP_OK;
}
