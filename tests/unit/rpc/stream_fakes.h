// What gRPC is to the handler of a stream.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "service/rpc/stream.h"
#include "tests/support/failures.h"

namespace gw::testing {

/// A caller whose end the test is: it says what it is told to, and reads when it is told to.
/// Thread safety: none.
template <class Response>
class FakeStream final : public rpc::ExchangeDriver<Response> {
 public:
  FakeStream() {
    info_.cancel = cancel.get_token();
    info_.draining = draining.get_token();
    info_.deadline = Instant::Never();
  }

  const rpc::CallInfo& info() const override { return info_; }
  absl::Status WhyGone() const override { return absl::CancelledError("gone"); }
  void Write(const Response& response) override {
    EXPECT_FALSE(writing_ || ended_) << "written at a wrong time";
    writing_ = true;
    written.push_back(response);
  }
  void Read() override {
    EXPECT_FALSE(reading_ || ended_) << "read at a wrong time";
    reading_ = true;
  }
  void Finish(const absl::Status& status) override {
    EXPECT_FALSE(writing_ || ended_) << "finished at a wrong time";
    ended_ = CodeAndReason(status);
  }

  /// Takes what was written, if something is.
  void Take(rpc::StreamHandler& handler) {
    if (!std::exchange(writing_, false)) return;
    handler.OnWritten();
  }
  /// Takes everything.
  void TakeAll(rpc::StreamHandler& handler) {
    while (writing_) Take(handler);
  }
  /// Whether it was read from: then it may say something.
  bool TakeRead() { return std::exchange(reading_, false); }
  bool writing() const { return writing_; }
  bool reading() const { return reading_; }
  /// `waiting` before Finish.
  std::string ended() const { return ended_.value_or("waiting"); }

  rpc::CallInfo info_;
  std::stop_source cancel, draining;
  std::vector<Response> written;

 private:
  bool writing_ = false, reading_ = false;
  std::optional<std::string> ended_;
};

}  // namespace gw::testing
