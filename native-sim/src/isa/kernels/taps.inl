// The loops behind a TapLoops record, written once over a vector type T that taps.cpp defines together with SIM_TARGET.
#include "isa/kernels/f32_extremes.inl"
#include "isa/kernels/f32_summary.inl"
#include "isa/kernels/f32_histogram.inl"

SIM_TARGET static constexpr TapLoops tap_record() {
  TapLoops loops{};
  loops.extremes = extremes;
  loops.finite_extremes = finite_extremes;
  loops.summary = summary;
  loops.count = count;
  return loops;
}
