#include "pp_blazeface.h"

/* MediaPipe cuts logits here before the sigmoid. */
#define LOGIT_LIMIT 100.0

static int add_row(const pp_blazeface_head_t *head, uint32_t row, double scale, float score, pp_list_t *list)
{
    uint32_t i;
    int status;
    pp_detection_t *added;
    uint32_t cell = row / head->repeats;
    double anchor_x = (cell % head->grid + 0.5) / head->grid;
    double anchor_y = (cell / head->grid + 0.5) / head->grid;

    status = pp_add_box(list, pp_at(&head->boxes, 0, 0, row) / scale + anchor_x,
        pp_at(&head->boxes, 1, 0, row) / scale + anchor_y, pp_at(&head->boxes, 2, 0, row) / scale,
        pp_at(&head->boxes, 3, 0, row) / scale, score, 0, &added);
    if (added == NULL)
    {
        return status;
    }
    added->point_num = (head->boxes.channels - 4) / 2;
    for (i = 0; i < added->point_num; i++)
    {
        added->points[2 * i] = (float)(pp_at(&head->boxes, 4 + 2 * i, 0, row) / scale + anchor_x);
        added->points[2 * i + 1] = (float)(pp_at(&head->boxes, 5 + 2 * i, 0, row) / scale + anchor_y);
    }
    return PP_OK;
}

int pp_blazeface_decode(const pp_blazeface_head_t *heads, uint32_t head_num, float scale, float score_threshold,
    pp_list_t *list)
{
    uint32_t h;
    uint32_t row;
    int status;

    for (h = 0; h < head_num; h++)
    {
        const pp_blazeface_head_t *head = &heads[h];

        if (pp_check_view(&head->scores) != PP_OK || pp_check_view(&head->boxes) != PP_OK || head->boxes.channels < 4
            || head->boxes.channels > 4 + 2 * PP_MAX_POINTS || head->boxes.width != head->scores.width
            || (double)head->grid * head->grid * head->repeats != head->boxes.width || !(scale > 0))
        {
            return PP_BAD_ARGUMENT;
        }
        for (row = 0; row < head->boxes.width; row++)
        {
            double logit = pp_at(&head->scores, 0, 0, row);
            float score = (float)pp_sigmoid(logit > LOGIT_LIMIT ? LOGIT_LIMIT
                    : logit < -LOGIT_LIMIT           ? -LOGIT_LIMIT
                                                     : logit);

            if (score >= score_threshold)
            {
                status = add_row(head, row, scale, score, list);
                if (status != PP_OK)
                {
                    return status;
                }
            }
        }
    }
    return PP_OK;
}
