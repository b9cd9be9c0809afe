/* An output from an element on as channels x height x width; data is NULL if it has no such element. */
static pp_view_t view_of(const output_values_t *output, size_t offset, uint32_t channels, uint32_t height,
    uint32_t width, size_t channel_stride, size_t row_stride, size_t column_stride)
{
    pp_view_t view;

    view.data = offset < output->count ? output->values + offset : NULL;
    view.count = offset < output->count ? output->count - offset : 0;
    view.channels = channels;
    view.height = height;
    view.width = width;
    view.channel_stride = channel_stride;
    view.row_stride = row_stride;
    view.column_stride = column_stride;
    return view;
}
