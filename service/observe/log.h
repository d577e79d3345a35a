// What operators read: one line of JSON per event, to stderr.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace gw::observe {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

/// A named value of an event.
struct LogField {
  using Value = std::variant<std::string, int64_t, double, bool>;
  LogField(absl::string_view k, absl::string_view v) : key(k), value(std::string(v)) {}
  LogField(absl::string_view k, const char* v) : key(k), value(std::string(v)) {}
  LogField(absl::string_view k, const std::string& v) : key(k), value(v) {}
  LogField(absl::string_view k, int64_t v) : key(k), value(v) {}
  LogField(absl::string_view k, int v) : key(k), value(int64_t{v}) {}
  LogField(absl::string_view k, double v) : key(k), value(v) {}
  LogField(absl::string_view k, bool v) : key(k), value(v) {}
  absl::string_view key;
  Value value;
};

/// Below `level` nothing is logged from now on. kInfo at first. Thread safety: any thread.
void SetLogLevel(LogLevel level);
bool LogEnabled(LogLevel level);

/// From now on `[secret]` stands for this text wherever it occurs in a value. An upstream may
/// repeat a key in its answer. Shorter than 8 characters it is ignored. Thread safety: any thread.
void HideInLogs(absl::string_view secret);

/// The same for a secret that others will follow: until 64 others were hidden by this since.
void HideLatestInLogs(absl::string_view secret);

/// `text` with `[secret]` for what is hidden: for who cuts a text before it is logged, and with it
/// perhaps what would have been recognised. Thread safety: any thread.
std::string WithoutSecrets(absl::string_view text);

/// Writes `{"time":…,"level":…,"event":…,FIELDS}` by WriteLine (log_writer.h). Values are escaped;
/// what must not be logged (keys, e-mails, invite links, upstream bodies) the caller leaves out.
/// Thread safety: any thread.
void Log(LogLevel level, absl::string_view event, absl::Span<const LogField> fields = {});

/// From now on Log never waits for stderr: WriteLinesInBackground, and lost lines are told of by
/// the event `log_lines_dropped`. Once, at the start, by one thread.
void LogInBackground(size_t max_waiting);

/// The line that Log writes, without its end, for a time in RFC 3339.
std::string LogLine(absl::string_view time, LogLevel level, absl::string_view event,
                    absl::Span<const LogField> fields);

}  // namespace gw::observe
