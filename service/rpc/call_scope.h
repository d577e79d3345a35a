// What happens at the beginning and at the end of every call, however gRPC drives it.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "service/base/clock.h"
#include "service/observe/metrics.h"
#include "service/rpc/call.h"
#include "service/rpc/prologue.h"
#include "service/rpc/quotas.h"

namespace gw::rpc {

/// What all calls of one RPC have in common. Outlives them.
struct RpcMethod {
  std::string name;  ///< `package.Service/Method`
  bool mutation;     ///< it changes something upstream
  observe::RpcMetrics& metrics;
  /// OK; or what each of its calls ends with instead of being handed to its handler.
  absl::Status refusal = absl::OkStatus();
  std::string path = "/" + name;  ///< as the policy writes it
  /// It is a stream: it lasts as long as its caller likes.
  bool lasts = false;

  /// Nothing of it needs an end when the gateway stops.
  bool watches() const { return lasts && !mutation; }
};

enum class Effect { kReads, kChanges };
enum class Lasts { kUntilAnswered, kAsLongAsTheCallerLikes };

/// The methods of one service.
class MethodMaker {
 public:
  /// `service` is `package.Service`. `metrics` outlives the methods.
  MethodMaker(observe::Metrics& metrics, std::string service, absl::Status refusal)
      : metrics_(metrics), service_(std::move(service)), refusal_(std::move(refusal)) {}
  RpcMethod Make(const char* method, Effect effect, Lasts lasts = Lasts::kUntilAnswered) const;

 private:
  observe::Metrics& metrics_;
  const std::string service_;
  const absl::Status refusal_;
};

/// What a request says for the log and for failures. The texts live as long as the request.
struct RequestFacts {
  bool has_request_id = false;  ///< it has the field, empty or not
  absl::string_view request_id;
  absl::string_view email;  ///< of the person that it is about
};

template <class Request>
RequestFacts FactsOf(const Request& request) {
  RequestFacts facts;
  if constexpr (requires { request.request_id(); }) {
    facts.has_request_id = true;
    facts.request_id = request.request_id();
  }
  if constexpr (requires { request.candidate_email(); }) {
    facts.email = request.candidate_email();
  }
  if constexpr (requires { request.email(); }) {
    facts.email = request.email();
  }
  return facts;
}

/// Tells metrics, the log and the counts of calls how a call, or what counts as one, has ended. Of
/// one that lasts the counts are not told the time.
void EndOfCall(const RpcMethod& method, Prologue& prologue, const CallInfo& info,
               const absl::Status& status, Instant began, absl::string_view email);

/// One call: in its constructor it begins, with End it is answered, and when this is destroyed it
/// is over. Metrics and the log are told of it. Thread safety: Cancel may be called from any
/// thread, the rest by whoever drives the call.
class CallScope final : private Permissions, private Allowance {
 public:
  /// Made when the call has come; references outlive it. What `facts` refers to lives until End.
  CallScope(const RpcMethod& method, Prologue& prologue, const grpc::ServerContextBase& context,
            const RequestFacts& facts);
  ~CallScope();
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

  const CallInfo& info() const { return info_; }

  /// OK, or what to end the call with instead of handing it to its handler.
  absl::Status Admit();

  /// The caller cancelled or is gone.
  void Cancel() {
    SeeHandOver();
    cancel_.request_stop();
  }

  /// CANCELLED or DEADLINE_EXCEEDED: why nobody waits any more.
  absl::Status WhyGone() const;

  /// The answer, just before it is handed to gRPC. Once.
  void End(const absl::Status& status);

  /// To be called by who takes the call over from another thread, which has made this or called
  /// End: what that did is then seen. gRPC takes care of it already, but ThreadSanitizer does not
  /// see into gRPC, and would not tell this from a mistake of ours.
  void SeeHandOver() const { static_cast<void>(handed_over_.load(std::memory_order_acquire)); }

 private:
  bool Allows(absl::string_view path) const override;
  absl::Duration TakeCall() const override { return prologue_.TakeCall(info_.caller); }
  std::optional<int> MostInFlight() const override { return prologue_.MostInFlight(info_.caller); }
  void HandOver() { handed_over_.store(true, std::memory_order_release); }

  const RpcMethod& method_;
  Prologue& prologue_;
  const grpc::ServerContextBase& context_;
  const RequestFacts facts_;
  const Instant began_;
  std::stop_source cancel_;
  CallInfo info_;
  std::vector<std::string> principals_;
  Quotas::Place place_;
  std::atomic<bool> handed_over_{false};
};

}  // namespace gw::rpc
