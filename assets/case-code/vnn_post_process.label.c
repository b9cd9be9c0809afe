/* Name of a class, or what and its number. */
static const char *name_of(const char *const *labels, uint32_t label_num, const char *what, uint32_t label,
    char *buffer, size_t size)
{
    if (label < label_num)
    {
        return labels[label];
    }
    snprintf(buffer, size, "%s %u", what, label);
    return buffer;
}
