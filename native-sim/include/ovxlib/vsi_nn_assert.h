/* Compile-time check: an array of negative size stops a case that needs a newer library. */
#ifndef VSI_NN_ASSERT_H
#define VSI_NN_ASSERT_H

#define _version_assert(condition, message) typedef char vsi_nn_assert_##message[(condition) ? 1 : -1]

#endif
