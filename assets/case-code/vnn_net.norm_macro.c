/* A tensor that the world outside reads or writes. */
#define NEW_NORM_TENSOR(_id, _attr, _vx_type) \
    do { \
        (_attr).vtl = FALSE; \
        (_attr).is_const = FALSE; \
        (_attr).dtype.vx_type = (_vx_type); \
        (_id) = vsi_nn_AddTensor(graph, VSI_NN_TENSOR_ID_AUTO, &(_attr), NULL); \
        TEST_CHECK_TENSOR_ID((_id), error); \
    } while (0)
