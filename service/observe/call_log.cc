#include "service/observe/call_log.h"

#include <utility>
#include <vector>

#include "service/observe/log.h"

namespace gw::observe {

CallRecordPtr CallLog::Begin(std::string request_id, std::optional<TraceContext> trace) {
  return std::make_shared<CallRecord>(std::move(request_id), trace, hash_, clock_, random_);
}

void CallLog::End(const CallRecord& record, const Ended& call) {
  const bool failed = call.code != absl::StatusCode::kOk;
  if (!policy_.Logs({call.mutation, failed, call.took}) || !LogEnabled(LogLevel::kInfo)) return;
  std::vector<LogField> fields = {{"request_id", record.request_id_for_log()},
                                  {"caller", call.caller},
                                  {"rpc", call.rpc},
                                  {"code", absl::StatusCodeToString(call.code)}};
  if (call.reason != Reason::kUnspecified) fields.emplace_back("reason", ReasonName(call.reason));
  fields.emplace_back("duration_ms", absl::ToDoubleMilliseconds(call.took));
  if (const int status = record.upstream_status()) fields.emplace_back("upstream_status", status);
  if (const int attempts = record.attempts()) fields.emplace_back("attempt", attempts);
  if (!call.candidate_email.empty()) {
    fields.emplace_back("email_hash", hash_.OfEmail(call.candidate_email));
  }
  if (const auto& trace = record.trace()) {
    const auto text = [](const auto& id) { return absl::string_view(id.data(), id.size()); };
    fields.emplace_back("trace_id", text(trace->trace_id));
    fields.emplace_back("parent_id", text(trace->parent_id));
    fields.emplace_back("trace_sampled", trace->sampled);
  }
  Log(LogLevel::kInfo, "call", fields);
}

}  // namespace gw::observe
