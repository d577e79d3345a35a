// A Transport with a memory: it keeps what it was asked, and answers when the test says so.
#pragma once

#include <deque>
#include <utility>

#include "service/http/transport.h"

namespace gw::testing {

/// Thread safety: none.
class FakeTransport : public http::Transport {
 public:
  struct Asked {
    http::Request request;
    http::Completion done;
  };

  void Start(http::Request request, http::Completion done) override {
    asked_.push_back({std::move(request), std::move(done)});
  }

  /// Requests in the order in which they came; references stay valid.
  size_t count() const { return asked_.size(); }
  http::Request& request(size_t i) { return asked_.at(i).request; }

  void Answer(size_t i, int status, std::string body, std::string headers = "") {
    std::move(asked_.at(i).done)(http::Response{status, std::move(headers), std::move(body)});
  }
  void Fail(size_t i, http::ErrorKind kind, http::Phase phase) {
    std::move(asked_.at(i).done)(http::TransportError{kind, phase, "for the log"});
  }
  /// Lets go of a completion without calling it.
  void Drop(size_t i) { asked_.at(i).done = http::Completion(); }

 private:
  std::deque<Asked> asked_;
};

}  // namespace gw::testing
