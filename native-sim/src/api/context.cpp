#include <new>

#include "vsi_nn_pub.h"

// Graphs keep all their state themselves; the context is only a token.
struct _vsi_nn_context_t {};

vsi_nn_context_t vsi_nn_CreateContext(void) { return new (std::nothrow) _vsi_nn_context_t; }

void vsi_nn_ReleaseContext(vsi_nn_context_t* ctx) {
  if (!ctx) return;
  delete *ctx;
  *ctx = nullptr;
}
