// One function per kernel family; op_table.cpp calls register_all once.
#pragma once

#include "core/op.h"

namespace sim {

#define SIM_FAMILIES(X)                                                                                     \
  X(conv) X(fc) X(pool) X(unary) X(binary) X(softmax) X(reduce) X(concat) X(slice) X(permute) X(copy)       \
  X(pad) X(resize) X(norm) X(matmul) X(gather) X(logic) X(blocks) X(lrn) X(arg) X(unpool)                      \
  X(detect) X(nbg) X(lstm) X(gru) X(rnn) X(frames) X(detection_postprocess) \
  X(sample) X(process)

#define SIM_DECLARE(name) void register_##name(OpTable& table);
SIM_FAMILIES(SIM_DECLARE)
#undef SIM_DECLARE

inline void register_all(OpTable& table) {
#define SIM_REGISTER(name) register_##name(table);
  SIM_FAMILIES(SIM_REGISTER)
#undef SIM_REGISTER
}

}  // namespace sim
