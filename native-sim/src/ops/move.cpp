#include "ops/move.h"

#include <algorithm>

namespace sim {

void Move::add(int64_t n, int64_t from_step, int64_t to_step) {
  size[rank] = n;
  from_stride[rank] = from_step;
  to_stride[rank] = to_step;
  rank++;
}

void Move::simplify() {
  Move m;
  m.from = from;
  m.to = to;
  for (int d = 0; d < rank; d++) {
    if (size[d] == 1) continue;
    const int last = m.rank - 1;
    if (last >= 0 && from_stride[d] == m.from_stride[last] * m.size[last] &&
        to_stride[d] == m.to_stride[last] * m.size[last])
      m.size[last] *= size[d];
    else
      m.add(size[d], from_stride[d], to_stride[d]);
  }
  if (m.rank == 0) m.add(1, 1, 1);
  *this = m;
}

int64_t Move::count() const {
  int64_t n = 1;
  for (int d = 0; d < rank; d++) n *= size[d];
  return n;
}

std::vector<int64_t> dense_strides(const Shape& shape) {
  std::vector<int64_t> s;
  for (int d = 0; d < shape.rank; d++) s.push_back(shape.range(0, d));
  return s;
}

Move gather_move(const Shape& out, const std::vector<int64_t>& from_stride, int64_t from) {
  Move m;
  m.from = from;
  const std::vector<int64_t> dense = dense_strides(out);
  for (int d = 0; d < out.rank; d++) m.add(out[d], from_stride[size_t(d)], dense[size_t(d)]);
  return m;
}

namespace {

template <class T>
void copy_row(const T* from, int64_t from_step, T* to, int64_t to_step, int64_t n) {
  if (from_step == 1 && to_step == 1) {
    std::memcpy(to, from, size_t(n) * sizeof(T));
  } else if (from_step == 0 && to_step == 1) {
    std::fill_n(to, n, *from);
  } else if (to_step == 1) {
    for (int64_t i = 0; i < n; i++) to[i] = from[i * from_step];
  } else {
    for (int64_t i = 0; i < n; i++) to[i * to_step] = from[i * from_step];
  }
}

template <class T>
void run_typed(Pool& pool, const Move& m, const T* from, T* to) {
  // A long single row is cut so that threads can share it.
  const int64_t row = m.size[0], piece = std::min<int64_t>(row, 1 << 14), pieces = (row + piece - 1) / piece;
  int64_t rows = 1;
  for (int d = 1; d < m.rank; d++) rows *= m.size[d];
  pool.run(rows * pieces, piece / 2 + 4, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; i++) {
      const int64_t at = i % pieces * piece;
      int64_t r = i / pieces, a = m.from + at * m.from_stride[0], b = m.to + at * m.to_stride[0];
      for (int d = 1; d < m.rank; d++) {
        const int64_t k = r % m.size[d];
        r /= m.size[d];
        a += k * m.from_stride[d];
        b += k * m.to_stride[d];
      }
      copy_row(from + a, m.from_stride[0], to + b, m.to_stride[0], std::min(piece, row - at));
    }
  });
}

template <class T>
void run_as(Pool& pool, const Move& m, const uint8_t* from, uint8_t* to) {
  run_typed(pool, m, reinterpret_cast<const T*>(from), reinterpret_cast<T*>(to));
}

}  // namespace

void run_move(Pool& pool, const Move& m, size_t bytes, const uint8_t* from, uint8_t* to) {
  switch (bytes) {
    case 1: return run_as<uint8_t>(pool, m, from, to);
    case 2: return run_as<uint16_t>(pool, m, from, to);
    case 4: return run_as<uint32_t>(pool, m, from, to);
    default: return run_as<uint64_t>(pool, m, from, to);
  }
}

Kernel move_kernel(Setup& s, std::vector<MoveTask> tasks) {
  struct Prepared {
    MoveTask task;
    Numeric from, to;
    int64_t count;
    Scratch place;
  };
  std::vector<Prepared> work;
  for (MoveTask& t : tasks) {
    Prepared p{t, Numeric(t.from->attr.dtype), Numeric(t.to->attr.dtype), shape_of(t.from->attr).count(), {}};
    if (p.from.per_channel) fail("per-channel quantization is only supported for constants of convolutions");
    p.task.move.simplify();
    if (p.from != p.to) p.place = s.scratch(size_t(p.count) * p.to.bytes());
    work.push_back(p);
  }
  return [=](Pool& pool) {
    for (const Prepared& p : work) {
      const uint8_t* from = p.task.from->t->data;
      if (p.from != p.to) {
        convert_parallel(pool, p.from, from, p.to, p.place.get(), p.count);
        from = p.place.get();
      }
      run_move(pool, p.task.move, p.to.bytes(), from, p.task.to->t->data);
    }
  };
}

}  // namespace sim
