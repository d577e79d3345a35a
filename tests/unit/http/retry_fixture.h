// A RetryTransport over an upstream that the test plays, in the test's time.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "service/http/retry_transport.h"
#include "tests/support/fake_transport.h"
#include "tests/support/fakes.h"

namespace gw::http {

// Half of what is possible, so that delays are half of their bounds.
class HalfRandom : public Random {
 public:
  uint64_t Next() override { return uint64_t{1} << 63; }
};

inline constexpr absl::Duration kFirst = absl::Milliseconds(50), kSecond = absl::Milliseconds(100);

inline Outcome LostKept(Phase phase = Phase::kWritten) {
  TransportError error{ErrorKind::kConnectionLost, phase, ""};
  error.kept_connection = true;
  return error;
}

class RetryTransportTest : public ::testing::Test {
 protected:
  void Start(Request request = {}) {
    transport_->Start(std::move(request),
                      [this](Outcome outcome) { told_.push_back(std::move(outcome)); });
  }
  // Answers the last send.
  void Answer(const Outcome& outcome) { inner_.Answer(inner_.sent() - 1, outcome); }
  void AnswerThenWait(const Outcome& outcome) {
    Answer(outcome);
    timer_.Advance(absl::Seconds(2));
  }
  const Response& response() { return std::get<Response>(told_.back()); }
  const TransportError& error() { return std::get<TransportError>(told_.back()); }
  absl::string_view stopped() {
    return std::visit([](const auto& either) { return either.stopped_because; }, told_.back());
  }
  Instant In(absl::Duration d) { return clock_.Now() + d; }

  std::vector<Outcome> told_;  // first: told until the last of the others is gone
  testing::FakeClock clock_;
  testing::FakeTimer timer_{clock_};
  HalfRandom random_;
  testing::FakeTransport inner_;
  std::unique_ptr<RetryTransport> transport_ =
      std::make_unique<RetryTransport>(inner_, RetryTransport::Options(), clock_, timer_, random_);
};

}  // namespace gw::http
