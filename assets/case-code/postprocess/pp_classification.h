/* The best classes of a classifier. C99, no global state. */
#ifndef PP_CLASSIFICATION_H
#define PP_CLASSIFICATION_H

#include "pp_common.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct
{
    uint32_t label;
    float score;
} pp_class_t;

/*
 * The top_num largest of count values, largest first, into top; of equal values the first comes first.
 * With softmax, values are logits and scores their probabilities. Answers how many were found.
 */
uint32_t pp_classify(const float *values, size_t count, int softmax, pp_class_t *top, uint32_t top_num);

#ifdef __cplusplus
}
#endif

#endif
