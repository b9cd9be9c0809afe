/* A tensor between two nodes; ovxlib works out its shape. */
#define NEW_VIRTUAL_TENSOR(_id, _attr, _vx_type) \
    do { \
        memset((_attr).size, 0, sizeof((_attr).size)); \
        (_attr).dim_num = VSI_NN_DIM_AUTO; \
        (_attr).vtl = !VNN_APP_DEBUG; \
        (_attr).is_const = FALSE; \
        (_attr).dtype.vx_type = (_vx_type); \
        (_id) = vsi_nn_AddTensor(graph, VSI_NN_TENSOR_ID_AUTO, &(_attr), NULL); \
        TEST_CHECK_TENSOR_ID((_id), error); \
    } while (0)
