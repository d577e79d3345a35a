// Callers of handlers, without gRPC.
#pragma once

#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "service/rpc/call.h"
#include "tests/support/failures.h"

namespace gw::testing {

/// What gRPC is to a handler. Thread safety: told() may be called from any thread.
class Caller final : public rpc::CallDriver {
 public:
  void Finish(const absl::Status& status) override {
    std::lock_guard lock(mutex_);
    told_.push_back(status.ok() ? "OK" : CodeAndReason(status));
    status_ = status;
  }
  /// `waiting`, `OK`, or `UNAVAILABLE LEDGER_UNAVAILABLE`.
  std::string told() const {
    std::lock_guard lock(mutex_);
    if (told_.empty()) return "waiting";
    return told_.size() == 1 ? told_[0] : absl::StrCat("told ", told_.size(), " times");
  }

  absl::Status status() const {
    std::lock_guard lock(mutex_);
    return status_;
  }

  std::stop_source cancel;
  rpc::CallInfo info;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> told_;
  absl::Status status_;
};

template <class Request, class Response>
struct Asking {
  Request request;
  Response response;
  Caller caller;
};

}  // namespace gw::testing
