// A fork-join thread pool. The caller works too; workers spin for a moment after a job, because the next
// layer usually follows at once, and then sleep. A run of a graph wakes them when it begins, so that they are there
// when its first large layer comes.
//
// Every thread has its own part of the items and takes it in order, so that it finds in the cache of its core what it
// wrote there a layer before. Who is done early helps the others.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace sim {

class Pool {
 public:
  explicit Pool(int threads);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  int threads() const { return int(workers_.size()) + 1; }
  // The number of the calling thread while it works: 0 for the one that called run.
  static int self();
  // Wakes sleeping workers without work: some will follow in a moment.
  void wake();

  // Calls f(begin, end) over [0, items) in parallel. `cost` is a rough number of simple operations per item:
  // short jobs stay on the calling thread, because waking others would take longer.
  template <class F>
  void run(int64_t items, int64_t cost, F&& f) {
    if (items <= 0) return;
    if (workers_.empty() || items == 1 || items * cost < kMinimumWork) return f(int64_t(0), items);
    using Fn = std::remove_reference_t<F>;
    // Waking a sleeping worker pays only for long jobs.
    if (sleeping_.load(std::memory_order_relaxed) == int(workers_.size()) && items * cost < kWorthWaking)
      return f(int64_t(0), items);
    dispatch(items, cost, [](void* g, int64_t b, int64_t e) { (*static_cast<Fn*>(g))(b, e); }, &f);
  }

 private:
  using Call = void (*)(void*, int64_t, int64_t);
  static constexpr int64_t kMinimumWork = 60000;
  static constexpr int64_t kWorthWaking = 150000;
  static constexpr size_t kLine = 64;

  void dispatch(int64_t items, int64_t cost, Call call, void* arg);
  void work(int self);
  void loop(int self);

  // The pieces of one thread that nobody has taken yet.
  struct alignas(kLine) Share {
    std::atomic<int64_t> next{0};
    int64_t end = 0;
  };

  std::vector<Share> shares_;
  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable wake_;
  // Apart from each other: waiting workers read the first one, while those at work change the others.
  alignas(kLine) std::atomic<uint64_t> generation_{0};
  alignas(kLine) std::atomic<int> active_{0};  // workers inside the open job
  alignas(kLine) std::atomic<uint64_t> open_{0};  // the job that may still be joined; 0 when none
  std::atomic<int> sleeping_{0};
  std::atomic<bool> stop_{false};
  uint64_t calls_ = 0;  // how often sleepers were called without work; under the mutex
  Call call_ = nullptr;
  void* arg_ = nullptr;
  int64_t items_ = 0, pieces_ = 1;
};

// Threads to use when nobody asks for a number: NIBBLE_SIM_THREADS or one per core.
int default_threads();

}  // namespace sim
