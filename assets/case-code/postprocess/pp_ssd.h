/* Boxes of SSD networks, and of face detectors such as UltraFace. C99, no global state. */
#ifndef PP_SSD_H
#define PP_SSD_H

#include "pp_common.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum
{
    PP_SCORES_READY,   /* probabilities */
    PP_SCORES_SOFTMAX, /* logits that share one probability, the background among them */
    PP_SCORES_SIGMOID  /* logits of their own */
} pp_scores_t;

typedef struct
{
    pp_view_t boxes;  /* rows of 4 */
    pp_view_t scores; /* rows of one value per class */
    /*
     * Rows of centre x, centre y, width, height in fractions of the input; boxes are offsets from them. NULL:
     * boxes are left, top, right, bottom in fractions.
     */
    const float *priors;
    size_t prior_num;
    float variances[4];
    pp_scores_t activation;
    int has_background; /* class 0 means nothing is there */
} pp_ssd_t;

/* Appends, for every row and class that reaches the threshold, a box. */
int pp_ssd_decode(const pp_ssd_t *ssd, float score_threshold, pp_list_t *list);

#ifdef __cplusplus
}
#endif

#endif
