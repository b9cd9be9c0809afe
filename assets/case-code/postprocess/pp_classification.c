#include "pp_classification.h"

#include <math.h>

uint32_t pp_classify(const float *values, size_t count, int softmax, pp_class_t *top, uint32_t top_num)
{
    size_t i;
    uint32_t k;
    uint32_t found = 0;
    double sum = 0;
    double largest;

    for (i = 0; i < count; i++)
    {
        if (isnan(values[i]))
        {
            continue;
        }
        /* Insert into the sorted list; what falls off its end is forgotten. */
        for (k = found; k > 0 && values[i] > top[k - 1].score; k--)
        {
            if (k < top_num)
            {
                top[k] = top[k - 1];
            }
        }
        if (k < top_num)
        {
            top[k].label = (uint32_t)i;
            top[k].score = values[i];
            found += found < top_num;
        }
    }
    if (!softmax || found == 0)
    {
        return found;
    }
    largest = top[0].score;
    for (i = 0; i < count; i++)
    {
        if (!isnan(values[i]))
        {
            sum += exp(values[i] - largest);
        }
    }
    for (k = 0; k < found; k++)
    {
        top[k].score = (float)(exp(top[k].score - largest) / sum);
    }
    return found;
}
