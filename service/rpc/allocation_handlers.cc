#include "service/rpc/allocation_handlers.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/base/failure.h"
#include "service/ledger/email_key.h"
#include "service/ledger/ledger_failures.h"
#include "service/ledger/operations.h"
#include "service/rpc/allocation_message.h"
#include "service/rpc/allocation_pages.h"
#include "service/rpc/ledger_call.h"
#include "service/rpc/validation.h"

namespace gw::rpc {
namespace {

namespace pb = ::concero::v1;
using ledger::Rows;

struct RowAndTrail {
  ledger::Row row;
  std::vector<ledger::Event> events;

  void Fill(pb::Allocation* out) const {
    FillAllocation(row, out);
    FillEvents(events, out);
  }
};

// The permission to see or settle the rows of another caller has a path of its own, which no RPC
// has: so whoever may make every call of the service may not yet do that.
absl::Status CheckOwner(const std::string& owner, const CallInfo& info, absl::string_view method) {
  if (owner.empty() || owner == info.caller) return absl::OkStatus();
  const std::string path = absl::StrCat("/concero.v1.AllocationService.Others/", method);
  if (info.permissions != nullptr && info.permissions->Allows(path)) return absl::OkStatus();
  Failure failure;
  failure.reason = Reason::kCallerNotAllowed;
  failure.metadata = {{"field", "caller"}};
  return MakeFailure(
      absl::StatusCode::kPermissionDenied,
      absl::StrCat("caller: the allocations of another caller are not this one's to see or settle; "
                   "ask the gateway's operator for a rule that allows ",
                   path),
      failure);
}

template <class OneCall>
absl::Status Check(const OneCall& call, absl::string_view method) {
  absl::Status status = Validate(call.request());
  return status.ok() ? CheckOwner(call.request().caller(), call.info(), method) : status;
}

// Whose rows a checked call is about.
template <class OneCall>
const std::string& OwnerOf(const OneCall& call) {
  return call.request().caller().empty() ? call.info().caller : call.request().caller();
}

// Of one allocation, by its request_id.
template <class OneCall>
void Fail(OneCall call, const absl::Status& status) {
  const std::string& request_id = call.request().request_id();
  std::move(call).Finish(AboutRequest(status, request_id));
}

std::optional<ledger::Row> FindOne(Rows& rows, const ledger::Key& key, int64_t invite_id) {
  if (!key.request_id.empty()) return rows.Find(key);
  std::optional<ledger::Row> newest;
  for (ledger::Row& row : rows.FindByInvite(invite_id)) {
    if (row.key.caller != key.caller || (newest && newest->seq > row.seq)) continue;
    newest = std::move(row);
  }
  return newest;
}

}  // namespace

void AllocationHandlers::GetAllocation(
    Call<pb::GetAllocationRequest, pb::GetAllocationResponse> call) {
  if (auto status = Check(call, "GetAllocation"); !status.ok()) {
    return Fail(std::move(call), status);
  }
  const pb::GetAllocationRequest& request = call.request();
  auto found = std::make_shared<std::optional<RowAndTrail>>();
  const ledger::Key key{OwnerOf(call), request.request_id()};
  AskLedger(
      ledger_, timer_, Access::kLooks, std::move(call),
      [found, key, invite_id = request.invite_id()](Rows& rows) {
        found->reset();
        std::optional<ledger::Row> row = FindOne(rows, key, invite_id);
        if (row) found->emplace(RowAndTrail{*row, rows.Events(row->seq)});
      },
      [found](auto asked, absl::Status status) {
        if (status.ok() && !*found) {
          status = ledger::AllocationNotFound(asked.request().request_id());
        }
        if (!status.ok()) return Fail(std::move(asked), status);
        (*found)->Fill(asked.response().mutable_allocation());
        std::move(asked).Finish(status);
      });
}

void AllocationHandlers::ListAllocations(
    Call<pb::ListAllocationsRequest, pb::ListAllocationsResponse> call) {
  if (auto status = Check(call, "ListAllocations"); !status.ok()) {
    return std::move(call).Finish(status);
  }
  const pb::ListAllocationsRequest& request = call.request();
  const auto start = AllocationPageStart(request);
  if (!start.ok()) return std::move(call).Finish(start.status());

  const auto size = static_cast<size_t>(AllocationPageSize(request.page_size()));
  ledger::Filter filter;
  filter.caller = OwnerOf(call);
  if (request.state() != pb::ALLOCATION_STATE_UNSPECIFIED) {
    filter.state = static_cast<ledger::State>(request.state());
  }
  filter.examination_id = request.examination_id();
  if (!request.candidate_email().empty()) {
    filter.email_key = ledger::EmailKeyOf(request.candidate_email());
  }
  filter.before_seq = *start;
  filter.limit = static_cast<int>(size) + 1;  // one more: is there a next page?
  auto found = std::make_shared<std::vector<RowAndTrail>>();
  AskLedger(
      ledger_, timer_, Access::kLooks, std::move(call),
      [found, filter = std::move(filter)](Rows& rows) {
        found->clear();
        std::vector<ledger::Row> listed = rows.List(filter);
        std::vector<std::vector<ledger::Event>> events = rows.EventsOf(listed);
        for (size_t i = 0; i < listed.size(); ++i) {
          found->push_back({std::move(listed[i]), std::move(events[i])});
        }
      },
      [found, size](auto asked, const absl::Status& status) {
        if (!status.ok()) return std::move(asked).Finish(status);
        pb::ListAllocationsResponse& response = asked.response();
        if (found->size() > size) {
          found->resize(size);
          response.set_next_page_token(AllocationPageToken(found->back().row.seq, asked.request()));
        }
        for (const RowAndTrail& one : *found) one.Fill(response.add_allocations());
        std::move(asked).Finish(status);
      });
}

void AllocationHandlers::ResolveAllocation(ResolveCall call) {
  if (auto status = Check(call, "ResolveAllocation"); !status.ok()) {
    return Fail(std::move(call), status);
  }
  ledger::Key key{OwnerOf(call), call.request().request_id()};
  if (call.request().has_resend()) return Resend(std::move(call), std::move(key));
  Settle(std::move(call), std::move(key));
}

// The trail is fetched afterwards, and does without when it cannot be: it was sent and recorded.
void AllocationHandlers::Resend(ResolveCall call, ledger::Key key) {
  const CallInfo& info = call.info();
  ledger::Allocations::Asker asker{info.caller, info.deadline, info.cancel, info.record};
  std::string note = call.request().note();
  allocations_.Resend(
      asker, std::move(key), info.caller, std::move(note),
      [this, call = std::move(call)](auto result) mutable {
        if (!result.ok()) return Fail(std::move(call), result.status());
        auto answer = std::make_shared<RowAndTrail>(RowAndTrail{std::move(result->row), {}});
        ledger_.Read([answer](Rows& rows) { answer->events = rows.Events(answer->row.seq); },
                     [answer, call = std::move(call)](const absl::Status&) mutable {
                       answer->Fill(call.response().mutable_allocation());
                       std::move(call).Finish(absl::OkStatus());
                     });
      });
}

void AllocationHandlers::Settle(ResolveCall call, ledger::Key key) {
  const pb::ResolveAllocationRequest& request = call.request();
  ledger::Resolution resolution;
  if (request.has_confirm()) {
    resolution = {ledger::Resolution::Kind::kConfirm, request.confirm().invite_id(),
                  request.confirm().invite_link()};
  }
  struct Answer {
    ledger::Resolved resolved = ledger::Resolved::kNotFound;
    RowAndTrail now;
  };
  auto answer = std::make_shared<Answer>();
  const std::string& actor = call.info().caller;
  AskLedger(
      ledger_, timer_, Access::kChanges, std::move(call),
      [answer, key = std::move(key), resolution, actor, note = request.note()](Rows& rows) {
        ledger::Row& row = answer->now.row;
        answer->resolved = ResolveRow(rows, key, resolution, actor, note, row);
        if (answer->resolved == ledger::Resolved::kDone) answer->now.events = rows.Events(row.seq);
      },
      [answer](auto asked, absl::Status status) {
        const ledger::Row& row = answer->now.row;
        const std::string& request_id = asked.request().request_id();
        if (status.ok() && answer->resolved == ledger::Resolved::kNotFound) {
          status = ledger::AllocationNotFound(request_id);
        }
        if (status.ok() && answer->resolved == ledger::Resolved::kNotInDoubt) {
          status = row.state == ledger::State::kPending ? ledger::AllocationInProgress(request_id)
                                                        : ledger::AllocationNotInDoubt(row);
        }
        if (!status.ok()) return Fail(std::move(asked), status);
        answer->now.Fill(asked.response().mutable_allocation());
        std::move(asked).Finish(status);
      });
}

void AllocationHandlers::EraseCandidate(
    Call<pb::EraseCandidateRequest, pb::EraseCandidateResponse> call) {
  const pb::EraseCandidateRequest& request = call.request();
  if (auto status = Validate(request); !status.ok()) return std::move(call).Finish(status);
  auto erased = std::make_shared<int>(0);
  const std::string& actor = call.info().caller;
  AskLedger(
      ledger_, timer_, Access::kChanges, std::move(call),
      [erased, email = request.candidate_email(), actor](Rows& rows) {
        *erased = Erase(rows, email, actor);
      },
      [erased](auto asked, const absl::Status& status) {
        if (status.ok()) asked.response().set_erased_count(*erased);
        std::move(asked).Finish(status);
      });
}

}  // namespace gw::rpc
