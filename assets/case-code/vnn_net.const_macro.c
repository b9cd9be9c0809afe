/* A tensor with data from the data file; ovxlib copies it. */
#define NEW_CONST_TENSOR(_id, _attr, _vx_type, _offset, _size) \
    do { \
        data = load_data(fp, (_offset), (_size)); \
        TEST_CHECK_PTR(data, error); \
        (_attr).vtl = FALSE; \
        (_attr).is_const = TRUE; \
        (_attr).dtype.vx_type = (_vx_type); \
        (_id) = vsi_nn_AddTensor(graph, VSI_NN_TENSOR_ID_AUTO, &(_attr), data); \
        free(data); \
        TEST_CHECK_TENSOR_ID((_id), error); \
    } while (0)
