// Comparisons, logic, SELECT and ONE_HOT.
#include "ops/broadcast.h"
#include "ops/register.h"

namespace sim {

namespace {

bool compare(int op, double a, double b) {
  switch (op) {
    case VSI_NN_RELATIONAL_OPS_GREAT: return a > b;
    case VSI_NN_RELATIONAL_OPS_GREAT_EQUAL: return a >= b;
    case VSI_NN_RELATIONAL_OPS_LESS: return a < b;
    case VSI_NN_RELATIONAL_OPS_LESS_EQUAL: return a <= b;
    case VSI_NN_RELATIONAL_OPS_NOT_EQUAL: return a != b;
    default: return a == b;
  }
}

bool logic(int op, double a, double b) {
  switch (op) {
    case VSI_NN_LOGICAL_OR: return a != 0 || b != 0;
    case VSI_NN_LOGICAL_AND: return a != 0 && b != 0;
    default: return (a != 0) != (b != 0);
  }
}

template <bool (*f)(int, double, double)>
Kernel truth(Setup& s, int op) {
  const BroadcastPlan plan(s.in_shape(0), s.in_shape(1), s.out_shape());
  return wrap_f64(s, [=](Pool& pool, const double* const* in, double* const* out) {
    plan.run(pool, [&](int64_t ia, int64_t ib, int64_t io, int64_t n, int sa, int sb) {
      for (int64_t i = 0; i < n; i++) out[0][io + i] = f(op, in[0][ia + i * sa], in[1][ib + i * sb]) ? 1 : 0;
    });
  });
}

void need_op(int op, int last) {
  if (op < 0 || op > last) fail("operation %d is not known", op);
}

void infer_relational(Setup& s) {
  need_op(s.param().relational_ops.op, VSI_NN_RELATIONAL_OPS_EQUAL);
  infer_broadcast(s);
}

void infer_logical(Setup& s) {
  need_op(s.param().logical_ops.op, VSI_NN_LOGICAL_XOR);
  infer_broadcast(s);
}

Kernel build_relational(Setup& s) { return truth<compare>(s, s.param().relational_ops.op); }
Kernel build_logical(Setup& s) { return truth<logic>(s, s.param().logical_ops.op); }

Kernel build_not(Setup& s) {
  const int64_t n = s.in_shape().count();
  return wrap_f64(s, [=](Pool&, const double* const* in, double* const* out) {
    for (int64_t i = 0; i < n; i++) out[0][i] = in[0][i] == 0 ? 1 : 0;
  });
}

void infer_select(Setup& s) {
  Shape both, out;
  if (!broadcast(s.in_shape(1), s.in_shape(2), both) || !broadcast(s.in_shape(0), both, out))
    fail("inputs of shape %s, %s and %s do not broadcast", s.in_shape(0).text().c_str(), s.in_shape(1).text().c_str(),
         s.in_shape(2).text().c_str());
  s.set_shape(0, out);
}

Kernel build_select(Setup& s) {
  const Shape out = s.out_shape();
  const BroadcastPlan yes(s.in_shape(0), s.in_shape(1), out), no(s.in_shape(0), s.in_shape(2), out);
  return wrap_f64(s, [=](Pool& pool, const double* const* in, double* const* dst) {
    const auto pick = [&](const BroadcastPlan& plan, const double* x, bool wanted) {
      plan.run(pool, [&](int64_t ia, int64_t ib, int64_t io, int64_t n, int sa, int sb) {
        for (int64_t i = 0; i < n; i++)
          if ((in[0][ia + i * sa] != 0) == wanted) dst[0][io + i] = x[ib + i * sb];
      });
    };
    pick(yes, in[1], true);
    pick(no, in[2], false);
  });
}

int one_hot_axis(const Setup& s) {
  const int axis = s.param().one_hot.axis;
  // -1 is a new innermost dimension.
  return axis == -1 ? 0 : s.axis(axis, s.in_shape().rank + 1);
}

void infer_one_hot(Setup& s) {
  Shape out = s.in_shape();
  const int axis = one_hot_axis(s);
  if (out.rank >= kMaxRank) fail("the output would have more than %d dimensions", kMaxRank);
  if (s.param().one_hot.depth < 1) fail("one_hot.depth is %d", s.param().one_hot.depth);
  out.insert(axis, s.param().one_hot.depth);
  s.set_shape(0, out);
}

Kernel build_one_hot(Setup& s) {
  const auto p = s.param().one_hot;
  const Shape in = s.in_shape();
  const int64_t inner = in.range(0, one_hot_axis(s)), outer = in.count() / inner;
  return wrap_f64(s, [=](Pool& pool, const double* const* src, double* const* dst) {
    pool.run(outer * p.depth, inner, [&](int64_t b, int64_t e) {
      for (int64_t r = b; r < e; r++)
        for (int64_t i = 0; i < inner; i++)
          dst[0][r * inner + i] = src[0][r / p.depth * inner + i] == double(r % p.depth) ? p.on_value : p.off_value;
    });
  });
}

}  // namespace

void register_logic(OpTable& t) {
  using Re = vsi_nn_relational_ops_param;
  using Lo = vsi_nn_logical_ops_param;
  using On = vsi_nn_one_hot_param;
  t.add({VSI_NN_OP_RELATIONAL_OPS, "RELATIONAL_OPS", "relational_ops", {SIM_FIELD(Re, op)}, 2, 2, 1, 1,
         infer_relational, build_relational});
  t.add({VSI_NN_OP_LOGICAL_OPS, "LOGICAL_OPS", "logical_ops", {SIM_FIELD(Lo, op)}, 2, 2, 1, 1, infer_logical,
         build_logical});
  t.add({VSI_NN_OP_LOGICAL_NOT, "LOGICAL_NOT", "", {}, 1, 1, 1, 1, infer_same, build_not});
  t.add({VSI_NN_OP_SELECT, "SELECT", "", {}, 3, 3, 1, 1, infer_select, build_select});
  t.add({VSI_NN_OP_ONE_HOT, "ONE_HOT", "one_hot",
         {SIM_FIELD(On, depth), SIM_FIELD(On, on_value), SIM_FIELD(On, off_value), SIM_FIELD(On, axis)}, 1, 1, 1, 1,
         infer_one_hot, build_one_hot});
}

}  // namespace sim
