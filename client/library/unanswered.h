// The intents of an AllocateMany that have no result yet: which is to be sent, which is waited for,
// which is sent again, and when. No gRPC, no clock.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "concero/v1/assessment.pb.h"
#include "concero_gateway/intent.h"

namespace concero {

/// Of the steady clock.
using Moment = std::chrono::steady_clock::time_point;

/// Items are numbered from 1, in the order in which they came. Thread safety: none.
class Unanswered {
 public:
  struct Answered {
    Intent intent;
    absl::StatusOr<v1::AllocateCandidateResponse> result;
  };

  /// `attempts`: see AllocateManyOptions. `random` gives random bits.
  Unanswered(int attempts, std::function<uint64_t()> random)
      : attempts_(attempts), random_(std::move(random)) {}

  void Add(const Intent& intent);
  bool empty() const { return items_.empty(); }
  size_t size() const { return items_.size(); }

  /// The next one to be sent, which from now on is waited for; nothing: none is due.
  std::optional<std::pair<uint64_t, Intent>> TakeDue(Moment now);
  /// When TakeDue may have one that it does not have now; nothing: not by waiting.
  std::optional<Moment> NextDue() const;

  /// An answer has come. The final result of its item, which is then forgotten; nothing when it is
  /// sent again later, or is of no item that is waited for.
  std::optional<Answered> Answer(uint64_t number,
                                 absl::StatusOr<v1::AllocateCandidateResponse> result, Moment now);

  /// Another stream begins: what the last one had not answered is due again. It costs no attempt.
  void ResendAll();

  /// All of them, oldest first, to be told how it ended.
  std::vector<Intent> TakeAll();

 private:
  struct Item {
    Intent intent;
    int attempts = 0;  // that were answered
    bool sent = false;
  };
  const int attempts_;
  const std::function<uint64_t()> random_;
  uint64_t last_ = 0;
  std::map<uint64_t, Item> items_;
  std::set<uint64_t> due_;
  std::multimap<Moment, uint64_t> later_;
};

}  // namespace concero
