/* Suppresses overlapping boxes and prints the rest in pixels of the picture. Frees the list. */
static vsi_status show_detections(int status, pp_list_t *found, const pp_filter_t *filter, const pp_frame_t *frame,
    const char *const *labels, uint32_t label_num)
{
    uint32_t i;
    uint32_t k;
    char buffer[32];

    if (status == PP_OK)
    {
        pp_suppress(found, filter);
        pp_list_to_image(found, frame);
        printf("%u detections\n", found->num);
        for (i = 0; i < found->num; i++)
        {
            const pp_detection_t *item = &found->items[i];

            printf("%s: %.4f box %.3f %.3f %.3f %.3f",
                name_of(labels, label_num, "class", (uint32_t)item->label, buffer, sizeof(buffer)), item->score,
                item->left, item->top, item->right, item->bottom);
            for (k = 0; k < item->point_num; k++)
            {
                printf("%s %.3f %.3f", k == 0 ? " points" : "", item->points[2 * k], item->points[2 * k + 1]);
            }
            printf("\n");
        }
    }
    else
    {
        VSILOGE("The outputs cannot be decoded: error %d.", status);
    }
    pp_free_list(found);
    return status == PP_OK ? VSI_SUCCESS : VSI_FAILURE;
}
