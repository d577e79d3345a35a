// The calls that tell of changes, for as long as the caller stays.
#include <algorithm>
#include <utility>

#include "client/library/backoff.h"
#include "client/library/grpc_client.h"
#include "client/library/pause.h"
#include "client/library/proto_time.h"
#include "client/library/random.h"
#include "client/library/whole_updates.h"

namespace concero {
namespace {

// Reads one stream after the other. `open` begins one, `on_message` returns false when it is
// enough.
template <class Message, class Open, class OnMessage>
absl::Status ReadStreams(const CallOptions& options, const Open& open,
                         const OnMessage& on_message) {
  const absl::Time deadline = DeadlineOf(options, absl::InfiniteDuration());
  for (int failures = 0;;) {
    if (options.cancel.stop_requested()) return CancelledByCaller();
    CallScope scope(options, deadline);
    // The connection comes back by itself; what is asked before would only wait longer.
    scope.context().set_wait_for_ready(failures > 0);
    const auto stream = open(&scope.context());
    Message message;
    while (stream->Read(&message)) {
      failures = 0;
      if (on_message(message)) continue;
      scope.Cancel();
      stream->Finish().IgnoreError();
      return absl::OkStatus();
    }
    absl::Status status = StatusOf(stream->Finish());
    if (options.cancel.stop_requested()) return CancelledByCaller();
    if (status.ok()) status = absl::UnavailableError("the gateway ended the stream");
    if (!absl::IsUnavailable(status)) return status;
    const absl::Duration delay = std::max(Backoff(++failures, RandomBits()),
                                          RetryDelayOf(status).value_or(absl::ZeroDuration()));
    Pause(std::min(delay, deadline - absl::Now()), options.cancel);
  }
}

bool IsFinal(const v1::Report& report) {
  return report.has_end_time() && !report.upstream_status().empty();
}

}  // namespace

absl::Status GrpcClient::WatchExaminations(
    const std::string& known_version,
    const std::function<bool(const v1::WatchExaminationsResponse&)>& on_update,
    const CallOptions& options) {
  v1::WatchExaminationsRequest request;
  request.set_known_version(known_version);
  WholeUpdates updates;
  return ReadStreams<v1::WatchExaminationsResponse>(
      options,
      [&](grpc::ClientContext* context) {
        updates = {};
        return assessment_->WatchExaminations(context, request);
      },
      [&](v1::WatchExaminationsResponse& message) {
        v1::WatchExaminationsResponse piece;
        piece.Swap(&message);
        const auto update = updates.Add(std::move(piece));
        if (!update) return true;
        request.set_known_version(update->version());
        return on_update(*update);
      });
}

absl::Status GrpcClient::WatchReport(int64_t invite_id, std::optional<absl::Duration> poll_interval,
                                     const std::function<bool(const v1::Report&)>& on_report,
                                     const CallOptions& options) {
  v1::WatchReportRequest request;
  request.set_invite_id(invite_id);
  if (poll_interval) *request.mutable_poll_interval() = ToProto(*poll_interval);
  return ReadStreams<v1::WatchReportResponse>(
      options,
      [&](grpc::ClientContext* context) { return assessment_->WatchReport(context, request); },
      [&](const v1::WatchReportResponse& message) {
        return on_report(message.report()) && !IsFinal(message.report());
      });
}

}  // namespace concero
