// Kernels written for real numbers, run on tensors of any type.
#include <algorithm>

#include "core/op.h"

namespace sim {

namespace {

template <class R>
Numeric real_type() {
  vsi_nn_dtype_t dtype{};
  dtype.vx_type = sizeof(R) == 4 ? VSI_NN_TYPE_FLOAT32 : VSI_NN_TYPE_FLOAT64;
  return Numeric(dtype);
}

// One input or output of a wrapped kernel.
template <class R>
struct Operand {
  vsi_nn_tensor_t* tensor = nullptr;
  Numeric num;
  int64_t count = 0;
  bool direct = false;
  Scratch place;
  std::shared_ptr<std::vector<R>> constant;

  Operand(Setup& s, vsi_nn_tensor_t* t, bool input) : tensor(t) {
    if (!tensor) return;
    num = Numeric(tensor->attr.dtype);
    count = shape_of(tensor->attr).count();
    direct = num.type == real_type<R>().type;
    if (direct) return;
    if (input && is_const(tensor)) {
      constant = std::make_shared<std::vector<R>>(read_real<R>(tensor));
      return;
    }
    if (num.per_channel) fail("per-channel quantization is only supported for constants");
    place = s.scratch(size_t(count) * sizeof(R));
  }

  R* at_run() const {
    if (!tensor) return nullptr;
    if (constant) return constant->data();
    return direct ? reinterpret_cast<R*>(tensor->t->data) : place.get<R>();
  }
};

template <class R>
Kernel wrap(Setup& s, RealKernel<R> kernel) {
  std::vector<Operand<R>> in, out;
  for (int i = 0; i < s.inputs(); i++) in.emplace_back(s, s.maybe_in(i), true);
  for (int i = 0; i < s.outputs(); i++) out.emplace_back(s, s.maybe_out(i), false);
  const Numeric real = real_type<R>();
  return [=](Pool& pool) {
    std::vector<const R*> src;
    std::vector<R*> dst;
    for (const Operand<R>& o : in) {
      if (o.tensor && !o.direct && !o.constant)
        convert_parallel(pool, o.num, o.tensor->t->data, real, reinterpret_cast<uint8_t*>(o.at_run()), o.count);
      src.push_back(o.at_run());
    }
    for (const Operand<R>& o : out) dst.push_back(o.at_run());
    // Ports that the node does not have read as null.
    src.resize(std::max(src.size(), kPorts));
    dst.resize(std::max(dst.size(), kPorts));
    kernel(pool, src.data(), dst.data());
    for (const Operand<R>& o : out)
      if (o.tensor && !o.direct)
        convert_parallel(pool, real, reinterpret_cast<uint8_t*>(o.at_run()), o.num, o.tensor->t->data, o.count);
  };
}

}  // namespace

template <class R>
std::vector<R> read_real(const vsi_nn_tensor_t* tensor) {
  const Numeric num(tensor->attr.dtype), real = real_type<R>();
  const Shape shape = shape_of(tensor->attr);
  std::vector<R> out(size_t(shape.count()));
  const auto load = [&](const Numeric& from, int64_t at, int64_t n) {
    convert(from, tensor->t->data + at * int64_t(num.bytes()), real, reinterpret_cast<uint8_t*>(out.data() + at), n);
  };
  if (!num.per_channel) {
    load(num, 0, shape.count());
    return out;
  }
  const int axis = tensor->attr.dtype.channel_dim;
  const int64_t inner = shape.range(0, axis), channels = shape[axis];
  for (int64_t at = 0; at < shape.count(); at += inner) {
    Numeric one = num;
    const size_t c = size_t(at / inner % channels);
    one.per_channel = false;
    one.scale = tensor->t->scales[c];
    one.zero = tensor->t->zero_points.empty() ? 0 : tensor->t->zero_points[c];
    load(one, at, inner);
  }
  return out;
}
template std::vector<float> read_real(const vsi_nn_tensor_t*);
template std::vector<double> read_real(const vsi_nn_tensor_t*);

Kernel wrap_f32(Setup& s, F32Kernel kernel) { return wrap<float>(s, std::move(kernel)); }
Kernel wrap_f64(Setup& s, F64Kernel kernel) { return wrap<double>(s, std::move(kernel)); }

}  // namespace sim
