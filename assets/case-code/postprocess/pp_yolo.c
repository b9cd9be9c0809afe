#include "pp_yolo.h"

#include <math.h>

typedef struct
{
    pp_yolo_version_t version;
    int activated;
    uint32_t input_width;
    uint32_t input_height;
    float score_threshold;
} pp_settings_t;

static double squash(const pp_settings_t *settings, double value)
{
    return settings->activated ? value : pp_sigmoid(value);
}

/* Probability of a class; version 2 shares one among all. */
static double class_score(const pp_settings_t *settings, const pp_view_t *view, uint32_t best, uint32_t y, uint32_t x)
{
    uint32_t c;
    double sum = 0;
    double value = pp_at(view, best, y, x);

    if (settings->version != PP_YOLO_V2 || settings->activated)
    {
        return squash(settings, value);
    }
    for (c = 5; c < view->channels; c++)
    {
        sum += exp(pp_at(view, c, y, x) - value);
    }
    return 1.0 / sum;
}

static int add_cell(const pp_settings_t *settings, const pp_yolo_head_t *head, const pp_view_t *view,
    const float *anchor, uint32_t y, uint32_t x, pp_list_t *list)
{
    uint32_t best;
    double center_x;
    double center_y;
    double width = pp_at(view, 2, y, x);
    double height = pp_at(view, 3, y, x);
    double unit_x = settings->input_width;
    double unit_y = settings->input_height;
    double objectness = squash(settings, pp_at(view, 4, y, x));
    float score;

    /* No class can lift the product above the objectness: most cells end here. */
    if (!((float)objectness >= settings->score_threshold))
    {
        return PP_OK;
    }
    best = pp_best_channel(view, 5, view->channels - 5, y, x);
    score = (float)(objectness * class_score(settings, view, best, y, x));
    if (!(score >= settings->score_threshold))
    {
        return PP_OK;
    }
    center_x = squash(settings, pp_at(view, 0, y, x));
    center_y = squash(settings, pp_at(view, 1, y, x));
    if (settings->version == PP_YOLO_V5)
    {
        center_x = 2 * center_x - 0.5;
        center_y = 2 * center_y - 0.5;
        width = 4 * squash(settings, width) * squash(settings, width);
        height = 4 * squash(settings, height) * squash(settings, height);
    }
    else
    {
        if (settings->version == PP_YOLO_V4)
        {
            center_x = center_x * head->scale_xy - (head->scale_xy - 1.0) / 2;
            center_y = center_y * head->scale_xy - (head->scale_xy - 1.0) / 2;
        }
        if (settings->version == PP_YOLO_V2)
        {
            unit_x = view->width;
            unit_y = view->height;
        }
        width = exp(width);
        height = exp(height);
    }
    return pp_add_box(list, (center_x + x) / view->width, (center_y + y) / view->height, width * anchor[0] / unit_x,
        height * anchor[1] / unit_y, score, best - 5, NULL);
}

int pp_yolo_decode(const pp_yolo_head_t *heads, uint32_t head_num, pp_yolo_version_t version, int activated,
    uint32_t input_width, uint32_t input_height, float score_threshold, pp_list_t *list)
{
    pp_settings_t settings = { version, activated, input_width, input_height, score_threshold };
    uint32_t h;
    uint32_t a;
    uint32_t y;
    uint32_t x;
    int status;

    for (h = 0; h < head_num; h++)
    {
        const pp_yolo_head_t *head = &heads[h];

        for (a = 0; a < head->anchor_num; a++)
        {
            pp_view_t view = head->view;
            size_t offset = a * head->anchor_stride;

            if (view.data == NULL || offset >= view.count || view.channels < 6 || input_width == 0 || input_height == 0)
            {
                return PP_BAD_ARGUMENT;
            }
            view.data += offset;
            view.count -= offset;
            if (pp_check_view(&view) != PP_OK)
            {
                return PP_BAD_ARGUMENT;
            }
            for (y = 0; y < view.height; y++)
            {
                for (x = 0; x < view.width; x++)
                {
                    status = add_cell(&settings, head, &view, head->anchors + 2 * a, y, x, list);
                    if (status != PP_OK)
                    {
                        return status;
                    }
                }
            }
        }
    }
    return PP_OK;
}
