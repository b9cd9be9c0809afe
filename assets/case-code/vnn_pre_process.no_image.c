vsi_status vnn_PreProcess@{suffix}_ImageProcess(vsi_nn_graph_t *graph, const char **inputs, uint32_t input_num)
{
    (void)graph;
    (void)inputs;
    (void)input_num;
    VSILOGE("@{reason} Unset VSI_USE_IMAGE_PROCESS.");
    return VSI_FAILURE;
}

void vnn_ReleaseBufferImage(void)
{
    /* No picture is ever kept: see above. */
}
