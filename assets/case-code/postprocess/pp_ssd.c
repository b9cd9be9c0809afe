#include "pp_ssd.h"

#include <math.h>

/* Divisor and offset of the softmax of a row. */
static void softmax_of_row(const pp_view_t *scores, uint32_t row, double *largest, double *sum)
{
    uint32_t c;

    *largest = pp_at(scores, pp_best_channel(scores, 0, scores->channels, 0, row), 0, row);
    *sum = 0;
    for (c = 0; c < scores->channels; c++)
    {
        *sum += exp(pp_at(scores, c, 0, row) - *largest);
    }
}

static int add_row(const pp_ssd_t *ssd, uint32_t row, float score, uint32_t label, pp_list_t *list)
{
    const float *prior = ssd->priors ? ssd->priors + 4 * (size_t)row : NULL;
    double a = pp_at(&ssd->boxes, 0, 0, row);
    double b = pp_at(&ssd->boxes, 1, 0, row);
    double c = pp_at(&ssd->boxes, 2, 0, row);
    double d = pp_at(&ssd->boxes, 3, 0, row);

    if (prior == NULL)
    {
        return pp_add_box(list, (a + c) / 2, (b + d) / 2, c - a, d - b, score, label, NULL);
    }
    return pp_add_box(list, a * ssd->variances[0] * prior[2] + prior[0], b * ssd->variances[1] * prior[3] + prior[1],
        exp(c * ssd->variances[2]) * prior[2], exp(d * ssd->variances[3]) * prior[3], score, label, NULL);
}

int pp_ssd_decode(const pp_ssd_t *ssd, float score_threshold, pp_list_t *list)
{
    uint32_t row;
    uint32_t c;
    int status;
    double largest = 0;
    double sum = 1;

    if (pp_check_view(&ssd->boxes) != PP_OK || pp_check_view(&ssd->scores) != PP_OK || ssd->boxes.channels != 4
        || ssd->boxes.width != ssd->scores.width || (ssd->priors && ssd->prior_num != ssd->boxes.width))
    {
        return PP_BAD_ARGUMENT;
    }
    for (row = 0; row < ssd->boxes.width; row++)
    {
        if (ssd->activation == PP_SCORES_SOFTMAX)
        {
            softmax_of_row(&ssd->scores, row, &largest, &sum);
        }
        for (c = ssd->has_background ? 1 : 0; c < ssd->scores.channels; c++)
        {
            double value = pp_at(&ssd->scores, c, 0, row);
            float score = (float)(ssd->activation == PP_SCORES_READY   ? value
                    : ssd->activation == PP_SCORES_SOFTMAX ? exp(value - largest) / sum
                                                           : pp_sigmoid(value));

            if (score >= score_threshold)
            {
                status = add_row(ssd, row, score, ssd->has_background ? c - 1 : c, list);
                if (status != PP_OK)
                {
                    return status;
                }
            }
        }
    }
    return PP_OK;
}
