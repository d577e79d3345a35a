// A stream that tells its caller the latest state of something, whenever that has changed.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <variant>

#include "absl/status/status.h"
#include "service/rpc/stream.h"

namespace gw::rpc {

/// What to say is asked for only when it can be said: so a caller who reads slowly misses what was
/// in between, and nothing is kept for it. Thread safety: all functions may be called from any
/// thread.
template <class Response>
class WatchStream : public StreamHandler,
                    public std::enable_shared_from_this<WatchStream<Response>> {
 public:
  explicit WatchStream(StreamDriver<Response>& driver) : driver_(driver) {}

  void Start() override {
    on_cancel_.emplace(driver_.info().cancel, [this] { Stop(driver_.WhyGone()); });
    on_drain_.emplace(driver_.info().draining, [this] { Stop(StreamDraining()); });
    Begin();
    std::lock_guard lock(mutex_);
    begun_ = true;
    Go();
  }

  /// There may be something new to say.
  void Wake() {
    std::lock_guard lock(mutex_);
    Go();
  }

  void OnWritten() override {
    std::lock_guard lock(mutex_);
    writing_ = false;
    Go();
  }

 protected:
  /// What to do next: nothing, say what is in `response`, or end with the status.
  struct Nothing {};
  struct Say {};
  using Step = std::variant<Nothing, Say, absl::Status>;

  /// Once, when the stream is there. It may Wake from then on, and Next comes after it.
  virtual void Begin() = 0;
  /// One at a time.
  virtual Step Next(Response& response) = 0;

 private:
  using StopCallback = std::stop_callback<std::function<void()>>;

  void Stop(const absl::Status& status) {
    std::lock_guard lock(mutex_);
    if (!stopped_) stopped_ = status;
    Go();
  }

  void Go() {
    if (writing_ || finished_) return;
    if (stopped_) return Finish(*stopped_);
    if (!begun_) return;
    Response response;
    const Step step = Next(response);
    if (std::holds_alternative<Say>(step)) {
      writing_ = true;
      driver_.Write(response);
    } else if (const auto* status = std::get_if<absl::Status>(&step)) {
      Finish(*status);
    }
  }

  void Finish(const absl::Status& status) {
    finished_ = true;
    driver_.Finish(status);
  }

  std::mutex mutex_;
  StreamDriver<Response>& driver_;  // until it has finished
  bool begun_ = false, writing_ = false, finished_ = false;
  std::optional<absl::Status> stopped_;
  std::optional<StopCallback> on_cancel_, on_drain_;
};

}  // namespace gw::rpc
