// The FakeClient's allocations.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "concero_gateway/client.h"

namespace concero {

/// In memory, of one caller. Thread safety: none.
class FakeLedger {
 public:
  static constexpr char kCaller[] = "anonymous";

  /// Fails with `failure` unless it is OK, see FakeClient::FailNext; else sends, unless it is
  /// recorded what became of this request_id.
  absl::StatusOr<v1::AllocateCandidateResponse> Allocate(const Intent& intent,
                                                         const absl::Status& failure);
  /// False: no such invitation.
  bool Cancel(int64_t invite_id);

  absl::StatusOr<v1::Allocation> Get(const AllocationKey& key) const;
  absl::StatusOr<v1::Allocation> GetByInvite(int64_t invite_id, const std::string& caller) const;
  /// Newest first.
  absl::StatusOr<std::vector<v1::Allocation>> List(const AllocationFilter& filter) const;

  absl::StatusOr<v1::Allocation> Confirm(const AllocationKey& key, int64_t invite_id,
                                         const std::string& invite_link, const std::string& note);
  absl::StatusOr<v1::Allocation> Abandon(const AllocationKey& key, const std::string& note);
  absl::StatusOr<v1::Allocation> Resend(const AllocationKey& key, const std::string& note);
  /// How many rows were blanked.
  int Erase(const std::string& candidate_email);

  int sent() const { return sent_; }

 private:
  struct Row {
    v1::Allocation allocation;
    std::string email;  // also when it is blanked
    bool resendable = false;
  };
  Row* Find(const std::string& request_id);
  Row& Begin(const Intent& intent);
  void Invite(Row& row);
  absl::StatusOr<v1::Allocation> Settle(const AllocationKey& key,
                                        const std::function<void(Row&)>& how);

  std::vector<Row> rows_;  // oldest first
  int64_t last_invite_id_ = 0;
  int sent_ = 0;
};

/// Whether `caller` may be named: it is empty or the only one. CALLER_NOT_ALLOWED.
absl::Status CheckFakeCaller(const std::string& caller);

/// `status` with the allocation's request_id in its metadata, as all failures about one have it.
absl::Status AboutRequest(const absl::Status& status, const std::string& request_id);

}  // namespace concero
