/* Logging. The environment variable VSI_NN_LOG_LEVEL sets the threshold. */
#ifndef VSI_NN_LOG_H
#define VSI_NN_LOG_H

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum _vsi_nn_log_level_e {
  VSI_NN_LOG_UNINIT = -1,
  VSI_NN_LOG_CLOSE = 0,
  VSI_NN_LOG_ERROR = 1,
  VSI_NN_LOG_WARN = 2,
  VSI_NN_LOG_INFO = 3,
  VSI_NN_LOG_DEBUG = 4
} vsi_nn_log_level_e;

#define VSILOGE(fmt, ...) \
  vsi_nn_LogMsg(VSI_NN_LOG_ERROR, "E [%s:%d]" fmt, __FUNCTION__, __LINE__, ##__VA_ARGS__)
#define VSILOGW(fmt, ...) \
  vsi_nn_LogMsg(VSI_NN_LOG_WARN, "W [%s:%d]" fmt, __FUNCTION__, __LINE__, ##__VA_ARGS__)
#define VSILOGI(fmt, ...) \
  vsi_nn_LogMsg(VSI_NN_LOG_INFO, "I [%s:%d]" fmt, __FUNCTION__, __LINE__, ##__VA_ARGS__)
#define VSILOGD(fmt, ...) \
  vsi_nn_LogMsg(VSI_NN_LOG_DEBUG, "D [%s:%d]" fmt, __FUNCTION__, __LINE__, ##__VA_ARGS__)

void vsi_nn_LogMsg(vsi_nn_log_level_e level, const char *fmt, ...);

#ifdef __cplusplus
}
#endif

#endif
