#define WIDTH_DIM @{widthDim}
#define HEIGHT_DIM @{heightDim}
#define CHANNEL_DIM @{channelDim}
#define IMAGE_ALIGNMENT 64

/* The picture that the device reads while it runs, and the allocation it lies in. */
static uint8_t *image_buffer = NULL;
static void *image_memory = NULL;

void vnn_ReleaseBufferImage(void)
{
    free(image_memory);
    image_memory = NULL;
    image_buffer = NULL;
}

/* Reads a JPEG into memory that the device can map. */
static vsi_status load_image_buffer(const char *file, uint32_t *width, uint32_t *height, uint32_t *channels)
{
    size_t size;
    uint8_t *pixels = read_jpeg(file, width, height, channels);

    if (pixels == NULL)
    {
        return VSI_FAILURE;
    }
    vnn_ReleaseBufferImage();
    size = (size_t)*width * *height * *channels;
    image_memory = malloc(size + IMAGE_ALIGNMENT);
    if (image_memory)
    {
        image_buffer = (uint8_t *)image_memory + IMAGE_ALIGNMENT - (uintptr_t)image_memory % IMAGE_ALIGNMENT;
        memcpy(image_buffer, pixels, size);
    }
    free(pixels);
    return image_buffer ? VSI_SUCCESS : VSI_FAILURE;
}

vsi_status vnn_PreProcess@{suffix}_ImageProcess(vsi_nn_graph_t *graph, const char **inputs, uint32_t input_num)
{
    vsi_nn_imageprocess_param param;
    vsi_nn_tensor_attr_t attr;
    vsi_nn_tensor_t *tensor;
    vnn_input_meta_t *meta = &input_meta_tab[0];
    int32_t start[4] = { 0, 0, 0, 0 };
    int32_t crop[4];
    int32_t size[4];
    uint32_t width;
    uint32_t height;
    uint32_t channels;
    vsi_status status = check_input_num(graph, input_num);

    if (status != VSI_SUCCESS)
    {
        return status;
    }
    if (input_num != 1 || get_file_type(inputs[0]) != NN_FILE_JPG)
    {
        VSILOGE("Image processing takes a network with one input, and one JPEG.");
        return VSI_FAILURE;
    }
    load_input_meta();
    tensor = vsi_nn_GetTensor(graph, graph->input.tensors[0]);
    status = load_image_buffer(inputs[0], &width, &height, &channels);
    if (status != VSI_SUCCESS)
    {
        return status;
    }

    picture_width = width;
    picture_height = height;
    memset(&attr, 0, sizeof(attr));
    attr.size[0] = width;
    attr.size[1] = height;
    attr.size[2] = channels;
    attr.size[3] = 1;
    attr.dim_num = 4;
    attr.dtype.vx_type = VSI_NN_TYPE_UINT8;

    crop[0] = (int32_t)width;
    crop[1] = (int32_t)height;
    crop[2] = (int32_t)channels;
    crop[3] = 1;
    size[0] = (int32_t)tensor->attr.size[WIDTH_DIM];
    size[1] = (int32_t)tensor->attr.size[HEIGHT_DIM];
    size[2] = (int32_t)tensor->attr.size[CHANNEL_DIM];
    size[3] = 1;

    memset(&param, 0, sizeof(param));
    param.platform_type = @{platform}
    param.crop.enable = TRUE;
    param.crop.dim_num = 4;
    param.crop.start = start;
    param.crop.length = crop;
    param.resize.type = VSI_NN_IMAGEPROCESS_RESIZE_BILINEAR;
    param.resize.dim_num = 4;
    param.resize.length = size;
    param.reverse_channel = meta->image.reorder[0] != 0;
    param.mean.type = VSI_NN_IMAGEPROCESS_MEAN_CHANNEL;
    param.mean.scale = meta->image.scale;
    param.mean.mean_value_size = size[2];
    param.mean.mean_value = meta->image.mean;
    return vsi_nn_op_imageprocess_single_node(graph, &attr, &param, image_buffer, tensor);
}
