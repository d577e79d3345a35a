#include "service/rpc/call_scope.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/failure.h"
#include "service/observe/trace_context.h"
#include "service/rpc/caller.h"
#include "service/rpc/validation.h"

namespace gw::rpc {
namespace {

// The value of a metadata key that is there exactly once, else empty.
absl::string_view OnlyValue(const grpc::ServerContextBase& context, const char* key) {
  const auto [begin, end] = context.client_metadata().equal_range(key);
  if (begin == end || std::next(begin) != end) return "";
  return {begin->second.data(), begin->second.size()};
}

// Empty: one is to be made. An id that is refused is not repeated, also not in the log: it may be
// of any length and hold anything.
std::string RequestIdOf(const grpc::ServerContextBase& context, const RequestFacts& facts) {
  const absl::string_view id =
      facts.has_request_id ? facts.request_id : OnlyValue(context, "x-request-id");
  return IsRequestId(id) ? std::string(id) : "";
}

}  // namespace

RpcMethod MethodMaker::Make(const char* method, Effect effect, Lasts lasts) const {
  const std::string name = absl::StrCat(service_, "/", method);
  RpcMethod made{name, effect == Effect::kChanges, metrics_.ForRpc(name), refusal_};
  made.lasts = lasts == Lasts::kAsLongAsTheCallerLikes;
  return made;
}

CallScope::CallScope(const RpcMethod& method, Prologue& prologue,
                     const grpc::ServerContextBase& context, const RequestFacts& facts)
    : method_(method),
      prologue_(prologue),
      context_(context),
      facts_(facts),
      began_(prologue.clock().Now()) {
  prologue_.CallBegan(method.watches());
  Caller caller = prologue_.CallerOf(context);
  info_.caller = std::move(caller.name);
  principals_ = std::move(caller.principals);
  info_.permissions = this;
  info_.allowance = this;
  info_.deadline = prologue_.DeadlineOf(
      context, method.lasts ? absl::InfiniteDuration() : prologue_.default_deadline());
  info_.cancel = cancel_.get_token();
  info_.draining = prologue_.draining();
  info_.record = prologue_.calls().Begin(
      RequestIdOf(context, facts), observe::ParseTraceparent(OnlyValue(context, "traceparent")));
  HandOver();
}

CallScope::~CallScope() { prologue_.CallEnded(method_.watches()); }

bool CallScope::Allows(absl::string_view path) const {
  return prologue_.RuleAllows(principals_, path, context_);
}

absl::Status CallScope::Admit() {
  absl::Status status = prologue_.Admit(info_, method_.path, place_);
  if (status.ok()) status = method_.refusal;
  if (status.ok() || !facts_.has_request_id || !IsRequestId(facts_.request_id)) return status;
  return WithMetadata(status, "request_id", info_.record->request_id());
}

absl::Status CallScope::WhyGone() const {
  const bool late = info_.deadline <= prologue_.clock().Now();
  Failure failure;
  failure.reason = late ? Reason::kDeadlineExceeded : Reason::kCancelled;
  return MakeFailure(
      late ? absl::StatusCode::kDeadlineExceeded : absl::StatusCode::kCancelled,
      late ? "the deadline of the stream passed" : "the caller cancelled, or is gone", failure);
}

void EndOfCall(const RpcMethod& method, Prologue& prologue, const CallInfo& info,
               const absl::Status& status, Instant began, absl::string_view email) {
  const Reason reason = status.ok() ? Reason::kUnspecified : GetFailure(status).reason;
  const Instant now = prologue.clock().Now();
  const absl::Duration took = now - began;
  method.metrics.Observe(status.code(), reason, took);
  // How long its caller liked to stay says nothing of how fast we are.
  prologue.CallAnswered(info.caller, status.code(), reason,
                        method.lasts ? absl::InfiniteDuration() : took, now);
  prologue.calls().End(*info.record, {method.name, method.mutation, info.caller, status.code(),
                                      reason, took, email});
}

void CallScope::End(const absl::Status& status) {
  EndOfCall(method_, prologue_, info_, status, began_, facts_.email);
  HandOver();
}

}  // namespace gw::rpc
