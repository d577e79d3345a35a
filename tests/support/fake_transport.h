// A Transport without a network: it remembers what was sent, and the test answers.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "service/http/transport.h"

namespace gw::testing {

/// An answer of an upstream.
inline http::Outcome Answered(int status, std::string body = "", std::string header_block = "") {
  return http::Response{status, std::move(header_block), std::move(body)};
}

/// A request that got no complete answer.
inline http::Outcome Broken(http::ErrorKind kind, http::Phase phase = http::Phase::kWritten,
                            std::string detail = "") {
  return http::TransportError{kind, phase, std::move(detail)};
}

/// Requests are numbered from 0 in the order of their Start. Each waits for Answer or Drop, unless
/// an answer was prepared. What still waits at the end is dropped. Thread safety: one thread.
class FakeTransport : public http::Transport {
 public:
  /// The first request from now on that finds an answer prepared takes it, before Start returns.
  void PrepareAnswer(http::Outcome outcome) { prepared_.push_back(std::move(outcome)); }

  void Start(http::Request request, http::Completion done) override {
    Sent& sent = sent_.emplace_back(Sent{std::move(request), std::move(done)});
    if (prepared_.empty()) return;
    http::Outcome outcome = std::move(prepared_.front());
    prepared_.pop_front();
    std::exchange(sent.done, {})(std::move(outcome));
  }

  void Answer(size_t number, http::Outcome outcome) {
    std::exchange(sent_.at(number).done, {})(std::move(outcome));
  }
  /// Lets go of the completion without an answer.
  void Drop(size_t number) { std::exchange(sent_.at(number).done, {}); }

  size_t sent() const { return sent_.size(); }
  http::Request& request(size_t number) { return sent_.at(number).request; }
  bool waits(size_t number) const { return static_cast<bool>(sent_.at(number).done); }

 private:
  struct Sent {
    http::Request request;
    http::Completion done;
  };
  std::deque<Sent> sent_;  // keeps its places while a completion starts the next request
  std::deque<http::Outcome> prepared_;
};

/// The value of a request's header of this very name, if it is there exactly once.
inline std::optional<std::string> OnlyHeader(const http::Request& request, absl::string_view name) {
  std::optional<std::string> found;
  for (const http::Header& header : request.headers) {
    if (header.name != name) continue;
    if (found) return std::nullopt;
    found = header.value;
  }
  return found;
}

}  // namespace gw::testing
