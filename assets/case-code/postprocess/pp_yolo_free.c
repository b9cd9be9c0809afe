#include "pp_yolo_free.h"

#include <math.h>

/* Mean of the distribution that bins logits describe, in cells. */
static double distance(const pp_view_t *view, uint32_t first, uint32_t bins, uint32_t y, uint32_t x)
{
    uint32_t i;
    double sum = 0;
    double mean = 0;
    double largest = pp_at(view, pp_best_channel(view, first, bins, y, x), y, x);

    for (i = 0; i < bins; i++)
    {
        double share = exp(pp_at(view, first + i, y, x) - largest);

        sum += share;
        mean += share * i;
    }
    return mean / sum;
}

static int add_cell(const pp_yolo_free_head_t *head, uint32_t y, uint32_t x, float score_threshold, pp_list_t *list)
{
    uint32_t bins = head->boxes.channels / 4;
    uint32_t best = pp_best_channel(&head->classes, 0, head->classes.channels, y, x);
    double value = pp_at(&head->classes, best, y, x);
    float score = (float)(head->activated ? value : pp_sigmoid(value));
    double left;
    double top;
    double right;
    double bottom;

    if (!(score >= score_threshold))
    {
        return PP_OK;
    }
    left = x + 0.5 - distance(&head->boxes, 0, bins, y, x);
    top = y + 0.5 - distance(&head->boxes, bins, bins, y, x);
    right = x + 0.5 + distance(&head->boxes, 2 * bins, bins, y, x);
    bottom = y + 0.5 + distance(&head->boxes, 3 * bins, bins, y, x);
    return pp_add_box(list, (left + right) / 2 / head->boxes.width, (top + bottom) / 2 / head->boxes.height,
        (right - left) / head->boxes.width, (bottom - top) / head->boxes.height, score, best, NULL);
}

int pp_yolo_free_decode(const pp_yolo_free_head_t *heads, uint32_t head_num, float score_threshold, pp_list_t *list)
{
    uint32_t h;
    uint32_t y;
    uint32_t x;
    int status;

    for (h = 0; h < head_num; h++)
    {
        const pp_yolo_free_head_t *head = &heads[h];

        if (pp_check_view(&head->boxes) != PP_OK || pp_check_view(&head->classes) != PP_OK
            || head->boxes.channels % 4 != 0 || head->boxes.height != head->classes.height
            || head->boxes.width != head->classes.width)
        {
            return PP_BAD_ARGUMENT;
        }
        for (y = 0; y < head->boxes.height; y++)
        {
            for (x = 0; x < head->boxes.width; x++)
            {
                status = add_cell(head, y, x, score_threshold, list);
                if (status != PP_OK)
                {
                    return status;
                }
            }
        }
    }
    return PP_OK;
}

int pp_yolo_table_decode(const pp_view_t *table, int has_objectness, uint32_t input_width, uint32_t input_height,
    float score_threshold, pp_list_t *list)
{
    uint32_t row;
    uint32_t first = has_objectness ? 5 : 4;
    int status;

    if (pp_check_view(table) != PP_OK || table->channels <= first || input_width == 0 || input_height == 0)
    {
        return PP_BAD_ARGUMENT;
    }
    for (row = 0; row < table->width; row++)
    {
        uint32_t best = pp_best_channel(table, first, table->channels - first, 0, row);
        double value = pp_at(table, best, 0, row);
        float score = (float)(has_objectness ? value * pp_at(table, 4, 0, row) : value);

        if (score >= score_threshold)
        {
            status = pp_add_box(list, (double)pp_at(table, 0, 0, row) / input_width,
                (double)pp_at(table, 1, 0, row) / input_height, (double)pp_at(table, 2, 0, row) / input_width,
                (double)pp_at(table, 3, 0, row) / input_height, score, best - first, NULL);
            if (status != PP_OK)
            {
                return status;
            }
        }
    }
    return PP_OK;
}
