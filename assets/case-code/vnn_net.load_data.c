/* Reads one constant of the data file. The caller frees it. */
static uint8_t *load_data(FILE *fp, size_t offset, size_t size)
{
    uint8_t *data = NULL;

    if (fseek(fp, (long)offset, SEEK_SET) != 0)
    {
        VSILOGE("The data file ends before offset %zu.", offset);
        return NULL;
    }
    data = (uint8_t *)malloc(size);
    if (data == NULL)
    {
        VSILOGE("Out of memory: %zu bytes.", size);
        return NULL;
    }
    if (fread(data, 1, size, fp) != size)
    {
        VSILOGE("The data file is too short: no %zu bytes at offset %zu.", size, offset);
        free(data);
        return NULL;
    }
    return data;
}
