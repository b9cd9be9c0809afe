#include "core/pool.h"

#include <algorithm>
#include <cstdlib>

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace sim {

namespace {

constexpr int kSpins = 20000;
// Taking a piece costs a trip between caches, so pieces are at least this many simple operations.
constexpr int64_t kPieceWork = 200000;
constexpr int64_t kMaxPieces = 4;

thread_local int current = 0;

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

Pool::Pool(int threads) : shares_(size_t(std::max(1, threads))) {
  for (int i = 1; i < threads; i++) workers_.emplace_back([this, i] { loop(i); });
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

// Takes pieces of this thread's own share, then of the others'.
void Pool::work(int self) {
  const int n = threads();
  for (int i = 0; i < n; i++) {
    Share& share = shares_[size_t((self + i) % n)];
    for (;;) {
      if (share.next.load(std::memory_order_relaxed) >= share.end) break;
      const int64_t piece = share.next.fetch_add(1, std::memory_order_relaxed);
      if (piece >= share.end) break;
      call_(arg_, items_ * piece / pieces_, items_ * (piece + 1) / pieces_);
    }
  }
}

void Pool::dispatch(int64_t items, int64_t cost, Call call, void* arg) {
  call_ = call;
  arg_ = arg;
  items_ = items;
  // Large jobs are cut into more pieces than threads, which evens out cores of different speed.
  const int64_t n = threads(), each = std::clamp<int64_t>(items * cost / n / kPieceWork, 1, kMaxPieces);
  pieces_ = n * each;
  for (int64_t t = 0; t < n; t++) {
    shares_[size_t(t)].end = (t + 1) * each;
    shares_[size_t(t)].next.store(t * each, std::memory_order_relaxed);
  }
  open_.store(generation_.load() + 1, std::memory_order_seq_cst);
  generation_.fetch_add(1, std::memory_order_seq_cst);
  if (sleeping_.load(std::memory_order_seq_cst) > 0) {
    { std::lock_guard<std::mutex> lock(mutex_); }
    wake_.notify_all();
  }
  work(0);
  // A worker that has not woken up yet is not waited for: it finds the job closed. Either it sees that, or this
  // thread sees it in active_.
  open_.store(0, std::memory_order_seq_cst);
  for (int spins = 0; active_.load(std::memory_order_seq_cst) > 0; spins++) {
    if (spins < kSpins) relax();
    else std::this_thread::yield();
  }
}

int Pool::self() { return current; }

void Pool::wake() {
  if (sleeping_.load(std::memory_order_seq_cst) == 0) return;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    calls_++;
  }
  wake_.notify_all();
}

void Pool::loop(int self) {
  current = self;
  uint64_t seen = 0;
  for (;;) {
    for (int i = 0; i < kSpins && generation_.load(std::memory_order_acquire) == seen; i++) relax();
    if (generation_.load(std::memory_order_acquire) == seen) {
      std::unique_lock<std::mutex> lock(mutex_);
      const uint64_t calls = calls_;
      sleeping_.fetch_add(1, std::memory_order_seq_cst);
      wake_.wait(lock, [&] { return generation_.load(std::memory_order_seq_cst) != seen || calls_ != calls; });
      sleeping_.fetch_sub(1, std::memory_order_seq_cst);
      if (generation_.load(std::memory_order_seq_cst) == seen) continue;
    }
    seen = generation_.load(std::memory_order_acquire);
    if (stop_) return;
    active_.fetch_add(1, std::memory_order_seq_cst);
    if (open_.load(std::memory_order_seq_cst) == seen) work(self);
    active_.fetch_sub(1, std::memory_order_release);
  }
}

}  // namespace sim
