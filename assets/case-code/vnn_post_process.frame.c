/*
 * The picture before it was resized: VNN_IMAGE_SIZE=<width>x<height> of the environment, else the one that
 * pre-processing resized, else what was given at export.
 */
static pp_frame_t frame_of(uint32_t input_width, uint32_t input_height, uint32_t image_width, uint32_t image_height,
    int letterbox)
{
    pp_frame_t frame = { input_width, input_height, image_width, image_height, letterbox };
    const char *text = getenv("VNN_IMAGE_SIZE");
    unsigned int width = 0;
    unsigned int height = 0;
    uint32_t resized_width;
    uint32_t resized_height;

    if (text && sscanf(text, "%ux%u", &width, &height) == 2 && width > 0 && height > 0)
    {
        frame.image_width = width;
        frame.image_height = height;
    }
    else if (!letterbox && vnn_GetPictureSize(&resized_width, &resized_height))
    {
        frame.image_width = resized_width;
        frame.image_height = resized_height;
    }
    return frame;
}
