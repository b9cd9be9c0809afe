/* The one header that case code includes. */
#ifndef VSI_NN_PUB_H
#define VSI_NN_PUB_H

#include <string.h>
#include "vsi_nn_assert.h"
#include "vsi_nn_context.h"
#include "vsi_nn_graph.h"
#include "vsi_nn_log.h"
#include "vsi_nn_node.h"
#include "vsi_nn_ops.h"
#include "vsi_nn_pre_post_process.h"
#include "vsi_nn_tensor.h"
#include "vsi_nn_tensor_util.h"
#include "vsi_nn_test.h"
#include "vsi_nn_types.h"
#include "vsi_nn_util.h"
#include "vsi_nn_version.h"

#endif
