// Functions of one byte.
#include <algorithm>

#include "proofs.h"

namespace proofs {

void prove_u8_table(Run& run) {
  Guarded<uint8_t> table(256);
  fill_integers<uint8_t>(table, run.random, Values::kRandom);
  for (int64_t n = 0; n <= 300; n++)
    for (bool in_place : {false, true}) {
      Guarded<uint8_t> x(n), other(n);
      for (int64_t i = 0; i < n; i++) x[i] = uint8_t(i + run.random.below(2) * 128);
      const Guarded<uint8_t>& y = in_place ? x : other;
      std::vector<uint8_t> want(static_cast<size_t>(n));
      for (int64_t i = 0; i < n; i++) want[size_t(i)] = table[x[i]];
      run.isa.u8_table(table.data(), x.data(), y.data(), n);
      run.equal(y, want, "%d bytes%s", int(n), in_place ? " in place" : "");
    }
}

}  // namespace proofs
