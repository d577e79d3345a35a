#include "service/observe/log_writer.h"

#include <poll.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace gw::observe {
namespace {

// Not by stdio: a write that stderr's reader holds up would hold stdio's lock, on which the end of
// the process waits. A line that cannot be written is given up.
void WriteToStderr(absl::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(STDERR_FILENO, text.data(), text.size());
    if (n >= 0) {
      text.remove_prefix(static_cast<size_t>(n));
    } else if (errno == EAGAIN) {
      pollfd writable{STDERR_FILENO, POLLOUT, 0};
      poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      return;
    }
  }
}

// In the background a thread that is woken for one line takes a rest after it, and writes what has
// come by then at once: a wake-up and a system call for each line would cost more than the line.
constexpr std::chrono::milliseconds kRest{2};
constexpr size_t kMostBytesAtOnce = 65536;

class StderrSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  using AfterLines = std::function<std::string()>;

  /// `after_lines` may have something to add behind them.
  explicit StderrSink(AfterLines after_lines) : after_lines_(std::move(after_lines)) {
    set_pattern("%v");
  }

  /// From now on lines are gathered while there `are_more`, which come here after this one.
  void Gather(std::function<bool()> are_more) { are_more_ = std::move(are_more); }

  template <class Done>
  bool AwaitLines(absl::Duration patience, Done done) {
    std::unique_lock lock(counter_mutex_);
    return lines_written_.wait_for(lock, absl::ToChronoNanoseconds(patience),
                                   [&] { return done(written_); });
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    formatter_->format(message, gathered_);
    ++lines_;
    if (are_more_ && are_more_() && gathered_.size() < kMostBytesAtOnce) return;
    WriteToStderr({gathered_.data(), gathered_.size()});
    gathered_.clear();
    if (const std::string more = after_lines_(); !more.empty()) WriteToStderr(more + "\n");
    {
      std::lock_guard lock(counter_mutex_);
      written_ += std::exchange(lines_, 0);
      lines_written_.notify_all();
    }
    if (are_more_) std::this_thread::sleep_for(kRest);
  }
  void flush_() override {}

 private:
  const AfterLines after_lines_;
  std::function<bool()> are_more_;
  spdlog::memory_buf_t gathered_;
  uint64_t lines_ = 0;  // of what is gathered
  std::mutex counter_mutex_;
  std::condition_variable lines_written_;
  uint64_t written_ = 0;
};

// Lives until the process ends, also while its thread waits for stderr's reader.
struct Writer {
  std::string TellOfLost() {
    const uint64_t lost = Lost();
    const uint64_t news = lost - std::exchange(told, lost);
    return news == 0 ? "" : tell(news);
  }
  uint64_t Lost() { return pool == nullptr ? 0 : pool->overrun_counter(); }

  std::atomic<uint64_t> taken{0};
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::function<std::string(uint64_t)> tell;
  uint64_t told = 0;
  const std::shared_ptr<StderrSink> sink =
      std::make_shared<StderrSink>([this] { return TellOfLost(); });
  std::shared_ptr<spdlog::logger> logger = std::make_shared<spdlog::logger>("gateway", sink);
};

Writer& TheWriter() {
  static Writer* const writer = new Writer;
  return *writer;
}

}  // namespace

void WriteLine(absl::string_view line) {
  Writer& writer = TheWriter();
  ++writer.taken;
  writer.logger->log(spdlog::level::critical, spdlog::string_view_t(line.data(), line.size()));
}

void WriteLinesInBackground(size_t max_waiting, std::function<std::string(uint64_t)> tell) {
  Writer& writer = TheWriter();
  writer.tell = std::move(tell);
  writer.pool = std::make_shared<spdlog::details::thread_pool>(max_waiting, 1);
  writer.sink->Gather([pool = writer.pool.get()] { return pool->queue_size() != 0; });
  writer.logger = std::make_shared<spdlog::async_logger>(
      "gateway", writer.sink, writer.pool, spdlog::async_overflow_policy::overrun_oldest);
}

bool FlushLines(absl::Duration patience) {
  Writer& writer = TheWriter();
  return writer.sink->AwaitLines(patience,
                                 [&writer, taken = writer.taken.load()](uint64_t written) {
                                   return written + writer.Lost() >= taken;
                                 });
}

uint64_t LinesLost() { return TheWriter().Lost(); }

}  // namespace gw::observe
