#include "core/pool.h"

#include <algorithm>
#include <cstdlib>

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace sim {

namespace {

constexpr int kSpins = 10000;

inline void relax() {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#elif defined(__aarch64__) && (defined(__GNUC__) || defined(__clang__))
  // Most ARM cores ignore `yield`; this one waits about as long as x86's pause.
  __asm__ __volatile__("isb" ::: "memory");
#elif defined(__arm__) && (defined(__GNUC__) || defined(__clang__))
  __asm__ __volatile__("yield" ::: "memory");
#else
  std::this_thread::yield();
#endif
}

}  // namespace

int default_threads() {
  if (const char* text = std::getenv("NIBBLE_SIM_THREADS")) {
    const int n = std::atoi(text);
    if (n > 0) return std::min(n, 256);
  }
  return std::max(1u, std::thread::hardware_concurrency());
}

Pool::Pool(int threads) {
  for (int i = 1; i < threads; i++) workers_.emplace_back([this] { loop(); });
}

Pool::~Pool() {
  stop_ = true;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    generation_++;
  }
  wake_.notify_all();
  for (auto& w : workers_) w.join();
}

void Pool::work() {
  for (;;) {
    const int64_t begin = next_.fetch_add(chunk_, std::memory_order_relaxed);
    if (begin >= items_) return;
    call_(arg_, begin, std::min(begin + chunk_, items_));
  }
}

void Pool::dispatch(int64_t items, Call call, void* arg) {
  call_ = call;
  arg_ = arg;
  items_ = items;
  // A few chunks per thread even out cores of different speed.
  chunk_ = std::max<int64_t>(1, items / (int64_t(threads()) * 4));
  next_.store(0, std::memory_order_relaxed);
  open_.store(generation_.load() + 1, std::memory_order_seq_cst);
  generation_.fetch_add(1, std::memory_order_seq_cst);
  if (sleeping_.load(std::memory_order_seq_cst) > 0) {
    { std::lock_guard<std::mutex> lock(mutex_); }
    wake_.notify_all();
  }
  work();
  // A worker that has not woken up yet is not waited for: it finds the job closed. Either it sees that, or this
  // thread sees it in active_.
  open_.store(0, std::memory_order_seq_cst);
  for (int spins = 0; active_.load(std::memory_order_seq_cst) > 0; spins++) {
    if (spins < kSpins) relax();
    else std::this_thread::yield();
  }
}

void Pool::loop() {
  uint64_t seen = 0;
  for (;;) {
    for (int i = 0; i < kSpins && generation_.load(std::memory_order_acquire) == seen; i++) relax();
    if (generation_.load(std::memory_order_acquire) == seen) {
      std::unique_lock<std::mutex> lock(mutex_);
      sleeping_.fetch_add(1, std::memory_order_seq_cst);
      wake_.wait(lock, [&] { return generation_.load(std::memory_order_seq_cst) != seen; });
      sleeping_.fetch_sub(1, std::memory_order_seq_cst);
    }
    seen = generation_.load(std::memory_order_acquire);
    if (stop_) return;
    active_.fetch_add(1, std::memory_order_seq_cst);
    if (open_.load(std::memory_order_seq_cst) == seen) work();
    active_.fetch_sub(1, std::memory_order_release);
  }
}

}  // namespace sim
