#include "ops/planes.h"

#include <algorithm>
#include <cstring>

namespace sim {

PlaneLayout::PlaneLayout(const ConvGeometry& g, bool row_pairs) : g_(g) {
  int64_t most_y = 0, most_x = 0;
  for (int64_t ky = 0; ky < g.kh; ky += row_pairs ? 2 : 1) most_y = std::max(most_y, ky * g.dh / g.sh);
  for (int64_t kx = 0; kx < g.kw; kx++) most_x = std::max(most_x, kx * g.dw / g.sw);
  rows_ = g.oh + most_y;
  width_ = g.ow + most_x;
  for (int64_t ky = 0; ky < g.kh; ky += row_pairs ? 2 : 1)
    for (int64_t kx = 0; kx < g.kw; kx++) {
      const Phase p{ky * g.dh % g.sh, kx * g.dw % g.sw};
      const auto same = [&](const Phase& o) { return o.y == p.y && o.x == p.x; };
      if (std::none_of(phases_.begin(), phases_.end(), same)) phases_.push_back(p);
    }
  for (int64_t p = 0; p < phase_count(); p++) {
    spans_.push_back(find_columns(p));
    for (int64_t r = 0; r < rows_; r++) {
      source_.push_back(find_row(p, r, 0));
      if (row_pairs) paired_.push_back(find_row(p, r, g.dh));
    }
  }
}

int64_t PlaneLayout::offset(int64_t ky, int64_t kx) const {
  const int64_t y = ky * g_.dh, x = kx * g_.dw;
  int64_t phase = 0;
  while (phases_[size_t(phase)].y != y % g_.sh || phases_[size_t(phase)].x != x % g_.sw) phase++;
  return (phase * rows_ + y / g_.sh) * width_ + x / g_.sw;
}

bool PlaneLayout::is_input() const {
  return g_.taps() == 1 && g_.sw == 1 && g_.sh == 1 && g_.left == 0 && g_.top == 0 && g_.spread_x == 1 &&
         g_.spread_y == 1 && g_.ow == g_.iw && g_.oh == g_.ih;
}

int64_t PlaneLayout::find_row(int64_t phase, int64_t row, int64_t extra) const {
  const int64_t y = row * g_.sh + phases_[size_t(phase)].y - g_.top + extra;
  if (y < 0 || y % g_.spread_y != 0 || y / g_.spread_y >= g_.ih) return -1;
  return y / g_.spread_y;
}

PlaneLayout::Span PlaneLayout::find_columns(int64_t phase) const {
  // Column x holds (spread) input position x * sw + shift.
  const int64_t shift = phases_[size_t(phase)].x - g_.left;
  const int64_t end = (g_.iw - 1) * g_.spread_x + 1;
  Span s;
  s.first = shift >= 0 ? 0 : (-shift + g_.sw - 1) / g_.sw;
  s.last = end - shift > 0 ? std::min(width_, (end - shift - 1) / g_.sw + 1) : 0;
  s.first = std::min(s.first, width_);
  s.last = std::max(s.last, s.first);
  s.at = s.first * g_.sw + shift;
  s.step = g_.sw;
  return s;
}

namespace {

// Writes one plane row: padding, the input columns of the span, padding. `copy(at, step, to, n)` stores n input
// elements from column `at` on.
template <class T, class F>
inline void fill_row(T* out, int64_t width, const PlaneLayout::Span& s, int64_t spread, T pad, F copy) {
  for (int64_t i = 0; i < s.first; i++) out[i] = pad;
  if (spread == 1) {
    copy(s.at, s.step, out + s.first, s.last - s.first);
  } else {
    for (int64_t i = s.first, at = s.at; i < s.last; i++, at += s.step) {
      out[i] = pad;
      if (at % spread == 0) copy(at / spread, 1, out + i, 1);
    }
  }
  for (int64_t i = s.last; i < width; i++) out[i] = pad;
}

}  // namespace

void pack_plane_f32(const Isa& isa, const PlaneLayout& layout, const ConvGeometry& g, const float* channel, float* out,
                    int64_t first_row, int64_t last_row) {
  for (int64_t r = first_row; r < last_row; r++) {
    const int64_t y = layout.source_row(r);
    float* to = out + r * layout.width();
    if (y < 0) {
      std::fill(to, to + layout.width(), 0.0f);
      continue;
    }
    const float* from = channel + y * g.iw;
    fill_row(to, layout.width(), layout.columns(r / layout.rows()), g.spread_x, 0.0f,
             [&](int64_t at, int64_t step, float* dst, int64_t n) { isa.f32_pack(from + at, step, dst, n); });
  }
}

void pack_plane_bytes(const Isa& isa, const PlaneLayout& layout, const ConvGeometry& g, const BytePacking& how,
                      const uint8_t* const* channels, int32_t* out, int64_t first_row, int64_t last_row) {
  const int32_t pad = how.pad_element();
  for (int64_t r = first_row; r < last_row; r++) {
    const int64_t y = layout.source_row(r), row = y * g.iw;
    int32_t* to = out + r * layout.width();
    if (y < 0) {
      std::fill(to, to + layout.width(), pad);
      continue;
    }
    fill_row(to, layout.width(), layout.columns(r / layout.rows()), g.spread_x, pad,
             [&](int64_t at, int64_t step, int32_t* dst, int64_t n) {
               if (how.pack == 4) isa.u8_pack4(channels, row + at, step, how.flip * 0x01010101u, dst, n);
               else isa.u8_pack2(channels, row + at, step, how.flip, uint32_t(how.zero), dst, n);
             });
  }
}

void pack_plane_row_pairs(const Isa& isa, const PlaneLayout& layout, const ConvGeometry& g, const BytePacking& how,
                          const uint8_t* channel, const uint8_t* zero_row, int32_t* out) {
  for (int64_t r = 0; r < layout.phase_count() * layout.rows(); r++) {
    const int64_t y0 = layout.source_row(r), y1 = layout.paired_row(r);
    const uint8_t* rows[2] = {y0 < 0 ? zero_row : channel + y0 * g.iw, y1 < 0 ? zero_row : channel + y1 * g.iw};
    fill_row(out + r * layout.width(), layout.width(), layout.columns(r / layout.rows()), g.spread_x, int32_t(0),
             [&](int64_t at, int64_t step, int32_t* dst, int64_t n) {
               isa.u8_pack2(rows, at, step, how.flip, uint32_t(how.zero), dst, n);
             });
  }
}

namespace {

int32_t word_pair(int32_t zero) { return int32_t((uint32_t(zero) & 0xffff) | uint32_t(zero) << 16); }

}  // namespace

void pack_plane_words(const Isa& isa, const PlaneLayout& layout, const ConvGeometry& g, int32_t zero, const int16_t* a,
                      const int16_t* b, int32_t* out, int64_t first_row, int64_t last_row) {
  const int32_t pad = word_pair(zero);
  for (int64_t r = first_row; r < last_row; r++) {
    const int64_t y = layout.source_row(r), row = y * g.iw;
    int32_t* to = out + r * layout.width();
    if (y < 0) {
      std::fill(to, to + layout.width(), pad);
      continue;
    }
    fill_row(to, layout.width(), layout.columns(r / layout.rows()), g.spread_x, pad,
             [&](int64_t at, int64_t step, int32_t* dst, int64_t n) {
               isa.s16_pack2(a + row + at, b + row + at, step, dst, n);
             });
  }
}

void pack_plane_word_rows(const Isa& isa, const PlaneLayout& layout, const ConvGeometry& g, int32_t zero,
                          const int16_t* channel, const int16_t* zero_row, int32_t* out) {
  for (int64_t r = 0; r < layout.phase_count() * layout.rows(); r++) {
    const int64_t y0 = layout.source_row(r), y1 = layout.paired_row(r);
    const int16_t *a = y0 < 0 ? zero_row : channel + y0 * g.iw, *b = y1 < 0 ? zero_row : channel + y1 * g.iw;
    fill_row(out + r * layout.width(), layout.width(), layout.columns(r / layout.rows()), g.spread_x, word_pair(zero),
             [&](int64_t at, int64_t step, int32_t* dst, int64_t n) { isa.s16_pack2(a + at, b + at, step, dst, n); });
  }
}

}  // namespace sim
