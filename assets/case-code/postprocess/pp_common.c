#include "pp_common.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int pp_check_view(const pp_view_t *view)
{
    /* In double, because products of hostile sizes exceed size_t. */
    double last;

    if (view == NULL || view->data == NULL || view->channels == 0 || view->height == 0 || view->width == 0)
    {
        return PP_BAD_ARGUMENT;
    }
    last = (double)(view->channels - 1) * (double)view->channel_stride
        + (double)(view->height - 1) * (double)view->row_stride
        + (double)(view->width - 1) * (double)view->column_stride;
    return last < (double)view->count ? PP_OK : PP_BAD_ARGUMENT;
}

float pp_at(const pp_view_t *view, uint32_t c, uint32_t y, uint32_t x)
{
    return view->data[c * view->channel_stride + y * view->row_stride + x * view->column_stride];
}

double pp_sigmoid(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

uint32_t pp_best_channel(const pp_view_t *view, uint32_t first, uint32_t num, uint32_t y, uint32_t x)
{
    uint32_t c;
    uint32_t best = first;

    for (c = first + 1; c < first + num; c++)
    {
        if (pp_at(view, c, y, x) > pp_at(view, best, y, x))
        {
            best = c;
        }
    }
    return best;
}

int pp_add_box(pp_list_t *list, double center_x, double center_y, double width, double height, float score,
    uint32_t label, pp_detection_t **added)
{
    pp_detection_t item;

    if (added)
    {
        *added = NULL;
    }
    memset(&item, 0, sizeof(item));
    item.left = (float)(center_x - width / 2);
    item.top = (float)(center_y - height / 2);
    item.right = (float)(center_x + width / 2);
    item.bottom = (float)(center_y + height / 2);
    item.score = score;
    item.label = (int32_t)label;
    item.order = list->num;
    if (!isfinite(item.left) || !isfinite(item.top) || !isfinite(item.right) || !isfinite(item.bottom))
    {
        return PP_OK;
    }
    if (list->num == list->capacity)
    {
        uint32_t capacity = list->capacity ? 2 * list->capacity : 64;
        pp_detection_t *items = NULL;

        if (capacity > list->capacity && (double)capacity * sizeof(item) < (double)SIZE_MAX)
        {
            items = (pp_detection_t *)realloc(list->items, capacity * sizeof(item));
        }
        if (items == NULL)
        {
            return PP_NO_MEMORY;
        }
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->num] = item;
    if (added)
    {
        *added = &list->items[list->num];
    }
    list->num++;
    return PP_OK;
}

void pp_free_list(pp_list_t *list)
{
    free(list->items);
    list->items = NULL;
    list->num = 0;
    list->capacity = 0;
}

static int by_score(const void *a, const void *b)
{
    const pp_detection_t *first = (const pp_detection_t *)a;
    const pp_detection_t *second = (const pp_detection_t *)b;

    if (first->score != second->score)
    {
        return first->score > second->score ? -1 : 1;
    }
    return first->order < second->order ? -1 : first->order > second->order;
}

static double area(const pp_detection_t *box)
{
    double width = (double)box->right - box->left;
    double height = (double)box->bottom - box->top;

    return width > 0 && height > 0 ? width * height : 0;
}

/* Intersection over union. */
static double overlap(const pp_detection_t *a, const pp_detection_t *b)
{
    double width = (double)(a->right < b->right ? a->right : b->right) - (a->left > b->left ? a->left : b->left);
    double height = (double)(a->bottom < b->bottom ? a->bottom : b->bottom) - (a->top > b->top ? a->top : b->top);
    double common = width > 0 && height > 0 ? width * height : 0;

    return common > 0 ? common / (area(a) + area(b) - common) : 0;
}

void pp_suppress(pp_list_t *list, const pp_filter_t *filter)
{
    uint32_t i;
    uint32_t k;
    uint32_t kept = 0;

    if (list->num > 1)
    {
        qsort(list->items, list->num, sizeof(*list->items), by_score);
    }
    for (i = 0; i < list->num && kept < filter->max_detections; i++)
    {
        const pp_detection_t *item = &list->items[i];

        for (k = 0; k < kept; k++)
        {
            if ((filter->class_agnostic || item->label == list->items[k].label)
                && overlap(item, &list->items[k]) > filter->nms_threshold)
            {
                break;
            }
        }
        if (k == kept)
        {
            list->items[kept++] = *item;
        }
    }
    list->num = kept;
}

void pp_point_to_image(float *x, float *y, const pp_frame_t *frame)
{
    double scale;
    double pad_x;
    double pad_y;

    if (!frame->letterbox)
    {
        *x = (float)(*x * (double)frame->image_width);
        *y = (float)(*y * (double)frame->image_height);
        return;
    }
    scale = fmin((double)frame->input_width / frame->image_width, (double)frame->input_height / frame->image_height);
    pad_x = (frame->input_width - frame->image_width * scale) / 2;
    pad_y = (frame->input_height - frame->image_height * scale) / 2;
    *x = (float)((*x * (double)frame->input_width - pad_x) / scale);
    *y = (float)((*y * (double)frame->input_height - pad_y) / scale);
}

static float clip(float value, uint32_t limit)
{
    return value < 0 ? 0 : value > (float)limit ? (float)limit : value;
}

void pp_list_to_image(pp_list_t *list, const pp_frame_t *frame)
{
    uint32_t i;
    uint32_t k;

    for (i = 0; i < list->num; i++)
    {
        pp_detection_t *item = &list->items[i];

        pp_point_to_image(&item->left, &item->top, frame);
        pp_point_to_image(&item->right, &item->bottom, frame);
        item->left = clip(item->left, frame->image_width);
        item->right = clip(item->right, frame->image_width);
        item->top = clip(item->top, frame->image_height);
        item->bottom = clip(item->bottom, frame->image_height);
        for (k = 0; k < item->point_num; k++)
        {
            pp_point_to_image(&item->points[2 * k], &item->points[2 * k + 1], frame);
        }
    }
}
