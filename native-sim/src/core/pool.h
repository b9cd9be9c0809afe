// A fork-join thread pool. The caller works too; workers spin for a moment after a job, because the next
// layer usually follows at once, and then sleep.
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
    dispatch(items, [](void* g, int64_t b, int64_t e) { (*static_cast<Fn*>(g))(b, e); }, &f);
  }

 private:
  using Call = void (*)(void*, int64_t, int64_t);
  static constexpr int64_t kMinimumWork = 30000;
  static constexpr int64_t kWorthWaking = 150000;

  void dispatch(int64_t items, Call call, void* arg);
  void work();
  void loop();

  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<uint64_t> generation_{0};
  std::atomic<int> sleeping_{0};
  std::atomic<uint64_t> open_{0};  // the job that may still be joined; 0 when none
  std::atomic<int> active_{0};     // workers inside the open job
  std::atomic<int64_t> next_{0};
  std::atomic<bool> stop_{false};
  Call call_ = nullptr;
  void* arg_ = nullptr;
  int64_t items_ = 0, chunk_ = 1;
};

// Threads to use when nobody asks for a number: NIBBLE_SIM_THREADS or one per core.
int default_threads();

}  // namespace sim
