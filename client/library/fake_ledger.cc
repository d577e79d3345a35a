#include "client/library/fake_ledger.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/library/proto_time.h"
#include "concero_gateway/fake_failure.h"
#include "google/rpc/error_details.pb.h"

namespace concero {
namespace {

std::string EmailKeyOf(const std::string& email) {
  return absl::AsciiStrToLower(absl::StripAsciiWhitespace(email));
}

absl::Status Failure(gateway::v1::Reason reason, const std::string& request_id) {
  return MakeFailure(reason, {.metadata = {{"request_id", request_id}}});
}

void Become(v1::AllocationState state, const std::string& actor, const std::string& note,
            v1::Allocation& allocation) {
  const auto now = ToProto(absl::Now());
  allocation.set_state(state);
  *allocation.mutable_update_time() = now;
  allocation.clear_error();
  auto* event = allocation.add_events();
  *event->mutable_time() = now;
  event->set_state(state);
  event->set_actor(actor);
  event->set_note(note);
  event->set_attempt(allocation.attempt());
}

absl::StatusOr<v1::AllocateCandidateResponse> AnswerOf(const v1::Allocation& allocation,
                                                       bool replayed) {
  if (allocation.state() == v1::ALLOCATION_STATE_ABANDONED) {
    return Failure(gateway::v1::REASON_ALLOCATION_ABANDONED, allocation.request_id());
  }
  if (allocation.has_error()) return FromProto(allocation.error());
  v1::AllocateCandidateResponse response;
  *response.mutable_allocation() = allocation;
  response.mutable_allocation()->clear_events();
  response.set_replayed(replayed);
  return response;
}

// Whether the ledger knows of a failure: not where the gateway had not come so far.
bool IsRecorded(const absl::Status& failure) {
  const gateway::v1::Reason reason = ReasonOf(failure);
  return reason == gateway::v1::REASON_ALLOCATION_IN_DOUBT ||
         absl::StartsWith(ReasonName(reason), "UPSTREAM_");
}

}  // namespace

absl::Status CheckFakeCaller(const std::string& caller) {
  if (caller.empty() || caller == FakeLedger::kCaller) return absl::OkStatus();
  return MakeFailure(gateway::v1::REASON_CALLER_NOT_ALLOWED, {.metadata = {{"field", "caller"}}});
}

absl::Status AboutRequest(const absl::Status& status, const std::string& request_id) {
  google::rpc::Status proto = ToProto(status);
  for (auto& detail : *proto.mutable_details()) {
    google::rpc::ErrorInfo info;
    if (!detail.UnpackTo(&info)) continue;
    (*info.mutable_metadata())["request_id"] = request_id;
    detail.PackFrom(info);
  }
  return FromProto(proto);
}

absl::StatusOr<v1::AllocateCandidateResponse> FakeLedger::Allocate(const Intent& intent,
                                                                   const absl::Status& failure) {
  Row* const known = Find(intent.request_id());
  if (!failure.ok()) {
    const absl::Status told = AboutRequest(failure, intent.request_id());
    if (!IsRecorded(failure) || (known != nullptr && !known->resendable)) return told;
    const gateway::v1::Reason reason = ReasonOf(failure);
    const bool in_doubt = reason == gateway::v1::REASON_ALLOCATION_IN_DOUBT;
    Row& row = Begin(intent);
    Become(in_doubt ? v1::ALLOCATION_STATE_IN_DOUBT : v1::ALLOCATION_STATE_FAILED, "gateway", "",
           row.allocation);
    *row.allocation.mutable_error() = ToProto(told);
    row.resendable = !in_doubt && reason != gateway::v1::REASON_UPSTREAM_ALLOCATION_FAILED;
    if (in_doubt) ++sent_;
    return told;
  }
  if (known != nullptr && (known->allocation.examination_id() != intent.examination_id() ||
                           known->email != EmailKeyOf(intent.candidate_email()))) {
    return Failure(gateway::v1::REASON_REQUEST_ID_REUSED, intent.request_id());
  }
  if (known != nullptr && !known->resendable) return AnswerOf(known->allocation, true);
  Row& row = Begin(intent);
  Invite(row);
  return AnswerOf(row.allocation, false);
}

FakeLedger::Row* FakeLedger::Find(const std::string& request_id) {
  const auto found = std::find_if(rows_.begin(), rows_.end(), [&](const Row& row) {
    return row.allocation.request_id() == request_id;
  });
  return found == rows_.end() ? nullptr : &*found;
}

FakeLedger::Row& FakeLedger::Begin(const Intent& intent) {
  Row* row = Find(intent.request_id());
  if (row == nullptr) {
    row = &rows_.emplace_back();
    row->email = EmailKeyOf(intent.candidate_email());
    row->allocation.set_request_id(intent.request_id());
    row->allocation.set_examination_id(intent.examination_id());
    row->allocation.set_caller(kCaller);
    *row->allocation.mutable_create_time() = ToProto(absl::Now());
  }
  row->resendable = false;
  row->allocation.set_candidate_email(
      std::string(absl::StripAsciiWhitespace(intent.candidate_email())));
  row->allocation.set_attempt(row->allocation.attempt() + 1);
  Become(v1::ALLOCATION_STATE_PENDING, kCaller, "", row->allocation);
  return *row;
}

void FakeLedger::Invite(Row& row) {
  ++sent_;
  row.allocation.set_invite_id(++last_invite_id_);
  row.allocation.set_invite_link(absl::StrCat("https://concero.invalid/i/", last_invite_id_));
  Become(v1::ALLOCATION_STATE_SUCCEEDED, "gateway", "", row.allocation);
}

bool FakeLedger::Cancel(int64_t invite_id) {
  for (Row& row : rows_) {
    if (row.allocation.invite_id() != invite_id) continue;
    if (row.allocation.state() == v1::ALLOCATION_STATE_SUCCEEDED) {
      Become(v1::ALLOCATION_STATE_CANCELLED, kCaller, "", row.allocation);
    }
    return true;
  }
  return false;
}

absl::StatusOr<v1::Allocation> FakeLedger::Get(const AllocationKey& key) const {
  if (auto status = CheckFakeCaller(key.caller); !status.ok()) return status;
  for (const Row& row : rows_) {
    if (row.allocation.request_id() == key.request_id) return row.allocation;
  }
  return Failure(gateway::v1::REASON_ALLOCATION_NOT_FOUND, key.request_id);
}

absl::StatusOr<v1::Allocation> FakeLedger::GetByInvite(int64_t invite_id,
                                                       const std::string& caller) const {
  if (auto status = CheckFakeCaller(caller); !status.ok()) return status;
  for (const Row& row : rows_) {
    if (invite_id > 0 && row.allocation.invite_id() == invite_id) return row.allocation;
  }
  return MakeFailure(gateway::v1::REASON_ALLOCATION_NOT_FOUND);
}

absl::StatusOr<std::vector<v1::Allocation>> FakeLedger::List(const AllocationFilter& filter) const {
  if (auto status = CheckFakeCaller(filter.caller); !status.ok()) return status;
  std::vector<v1::Allocation> found;
  for (auto row = rows_.rbegin(); row != rows_.rend(); ++row) {
    const v1::Allocation& allocation = row->allocation;
    const bool is_meant =
        (filter.state == v1::ALLOCATION_STATE_UNSPECIFIED || filter.state == allocation.state()) &&
        (filter.examination_id == 0 || filter.examination_id == allocation.examination_id()) &&
        (filter.candidate_email.empty() || EmailKeyOf(filter.candidate_email) == row->email);
    if (is_meant) found.push_back(allocation);
  }
  return found;
}

absl::StatusOr<v1::Allocation> FakeLedger::Settle(const AllocationKey& key,
                                                  const std::function<void(Row&)>& how) {
  if (auto status = CheckFakeCaller(key.caller); !status.ok()) return status;
  Row* const row = Find(key.request_id);
  if (row == nullptr) return Failure(gateway::v1::REASON_ALLOCATION_NOT_FOUND, key.request_id);
  if (row->allocation.state() != v1::ALLOCATION_STATE_IN_DOUBT) {
    return Failure(gateway::v1::REASON_ALLOCATION_NOT_IN_DOUBT, key.request_id);
  }
  how(*row);
  return row->allocation;
}

absl::StatusOr<v1::Allocation> FakeLedger::Confirm(const AllocationKey& key, int64_t invite_id,
                                                   const std::string& invite_link,
                                                   const std::string& note) {
  return Settle(key, [&](Row& row) {
    last_invite_id_ = std::max(last_invite_id_, invite_id);
    row.allocation.set_invite_id(invite_id);
    row.allocation.set_invite_link(invite_link);
    Become(v1::ALLOCATION_STATE_SUCCEEDED, kCaller, note, row.allocation);
  });
}

absl::StatusOr<v1::Allocation> FakeLedger::Abandon(const AllocationKey& key,
                                                   const std::string& note) {
  return Settle(key, [&](Row& row) {
    Become(v1::ALLOCATION_STATE_ABANDONED, kCaller, note, row.allocation);
  });
}

absl::StatusOr<v1::Allocation> FakeLedger::Resend(const AllocationKey& key,
                                                  const std::string& note) {
  return Settle(key, [&](Row& row) {
    row.allocation.set_attempt(row.allocation.attempt() + 1);
    Become(v1::ALLOCATION_STATE_PENDING, kCaller, note, row.allocation);
    Invite(row);
  });
}

int FakeLedger::Erase(const std::string& candidate_email) {
  int erased = 0;
  for (Row& row : rows_) {
    if (row.email != EmailKeyOf(candidate_email) || row.allocation.candidate_email().empty()) {
      continue;
    }
    row.allocation.clear_candidate_email();
    row.allocation.clear_invite_link();
    ++erased;
  }
  return erased;
}

}  // namespace concero
