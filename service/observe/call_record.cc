#include "service/observe/call_record.h"

#include <vector>

namespace gw::observe {

const std::string& CallRecord::request_id() const {
  if (!given_id_.empty()) return given_id_;
  std::call_once(made_, [this] { made_id_ = MakeUuid(random_, clock_.WallNow()); });
  return made_id_;
}

void LogOf(const CallRecord* record, LogLevel level, absl::string_view event,
           std::initializer_list<LogField> fields) {
  if (!LogEnabled(level)) return;
  std::vector<LogField> all;
  if (record != nullptr) {
    all.emplace_back("request_id", record->request_id_for_log());
    if (const auto& trace = record->trace()) {
      all.emplace_back("trace_id",
                       absl::string_view(trace->trace_id.data(), trace->trace_id.size()));
    }
  }
  all.insert(all.end(), fields.begin(), fields.end());
  Log(level, event, all);
}

}  // namespace gw::observe
