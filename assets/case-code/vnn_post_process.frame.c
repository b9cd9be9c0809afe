/* VNN_IMAGE_SIZE=<width>x<height> of the environment is the size of the picture before it was resized. */
static pp_frame_t frame_of(uint32_t input_width, uint32_t input_height, uint32_t image_width, uint32_t image_height,
    int letterbox)
{
    pp_frame_t frame = { input_width, input_height, image_width, image_height, letterbox };
    const char *text = getenv("VNN_IMAGE_SIZE");
    unsigned int width;
    unsigned int height;

    if (text && sscanf(text, "%ux%u", &width, &height) == 2 && width > 0 && height > 0)
    {
        frame.image_width = width;
        frame.image_height = height;
    }
    return frame;
}
