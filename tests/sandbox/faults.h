// Faults that tests ask for: which requests they act on, and what they make of the answer.
//
// Thread safety: none.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sandbox/exchange.h"
#include "tests/sandbox/http_message.h"

namespace sandbox {

struct Fault {
  enum class Action {
    kNone,
    kResetBefore,
    kResetMid,
    kResetAfter,
    kClose,
    kTruncate,
    kEndless,
    kStall
  };

  std::optional<std::string> method;  // exact; absent: any
  std::optional<std::string> path;    // without a query; exact, or a prefix when it ends in *
  std::int64_t every = 1;             // acts on every Nth matching request
  std::optional<std::int64_t> times;  // acts this often at most
  std::chrono::milliseconds delay{0};
  std::optional<int> status;
  Headers headers;
  std::optional<std::string> body;
  Action action = Action::kNone;

  bool Matches(std::string_view method, std::string_view path) const;
  // Before the body is read.
  bool ActsOnHead() const { return action == Action::kResetBefore; }
  // False when the request is refused instead: reset before it was read, or, without an action,
  // answered with a status of the fault's own.
  bool LetsExecute() const;
  // What is sent instead of `executed`, the API's own answer (for a request that was not executed:
  // an empty 200). A status replaces the whole answer, a body only its body, headers are added.
  Answer Apply(Response executed) const;
};

class FaultList {
 public:
  void Replace(std::vector<Fault> faults);
  // The first fault whose turn it is for this request, or nullptr. A fault that matches counts the
  // request; one whose turn it is not (`every`), or that has acted `times` times, lets the ones
  // after it have a look. It outlives its place in the list.
  std::shared_ptr<const Fault> Match(std::string_view method, std::string_view path);

 private:
  struct Entry {
    std::shared_ptr<const Fault> fault;
    std::int64_t matched = 0;
    std::int64_t acted = 0;
  };
  std::vector<Entry> entries_;
};

}  // namespace sandbox
