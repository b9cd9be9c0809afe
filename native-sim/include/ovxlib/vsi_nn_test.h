/* Checks that case code makes after each step. */
#ifndef VSI_NN_TEST_H
#define VSI_NN_TEST_H

#include "vsi_nn_log.h"

#define _cnt_of_array(array) (sizeof(array) / sizeof((array)[0]))

#define TEST_CHECK_TENSOR_ID(id, label) \
  do { \
    if (VSI_NN_TENSOR_ID_NA == (id)) { \
      VSILOGE("No tensor was made"); \
      goto label; \
    } \
  } while (0)

#define TEST_CHECK_PTR(pointer, label) \
  do { \
    if (NULL == (pointer)) { \
      VSILOGE("Null pointer"); \
      goto label; \
    } \
  } while (0)

#define TEST_CHECK_STATUS(status, label) \
  do { \
    if (VSI_SUCCESS != (status)) { \
      VSILOGE("Status %d: %s", (int)(status), vsi_nn_DescribeStatus(status)); \
      goto label; \
    } \
  } while (0)

#endif
