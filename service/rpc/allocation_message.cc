#include "service/rpc/allocation_message.h"

#include "service/ledger/ledger_failures.h"
#include "service/rpc/proto_time.h"
#include "service/rpc/status_mapping.h"

namespace gw::rpc {
namespace {

namespace pb = ::concero::v1;
using ledger::State;

pb::AllocationState ToMessage(State state) { return static_cast<pb::AllocationState>(state); }

}  // namespace

void FillAllocation(const ledger::Row& row, pb::Allocation* out) {
  out->set_request_id(row.key.request_id);
  out->set_examination_id(row.examination_id);
  out->set_candidate_email(row.candidate_email);
  out->set_state(ToMessage(row.state));
  out->set_invite_id(row.invite_id);
  out->set_invite_link(row.invite_link);
  SetTimestamp(row.create_time, out->mutable_create_time());
  SetTimestamp(row.update_time, out->mutable_update_time());
  out->set_caller(row.key.caller);
  out->set_attempt(row.attempt);
  if (row.state == State::kFailed || row.state == State::kInDoubt) {
    *out->mutable_error() = ToRpcStatus(ledger::StandingOf(row));
  }
}

void FillEvents(const std::vector<ledger::Event>& events, pb::Allocation* out) {
  for (const ledger::Event& event : events) {
    pb::AllocationEvent& message = *out->add_events();
    SetTimestamp(event.time, message.mutable_time());
    message.set_state(ToMessage(event.state));
    message.set_actor(event.actor);
    message.set_note(event.note);
    message.set_attempt(event.attempt);
  }
}

}  // namespace gw::rpc
