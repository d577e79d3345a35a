#include "service/observe/log.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/observe/log_writer.h"

namespace gw::observe {
namespace {

constexpr absl::string_view kNames[] = {"debug", "info", "warn", "error"};

// Each of the texts is looked for in everything that is logged.
constexpr size_t kMostLatest = 64;
constexpr size_t kShortestHidden = 8;

std::atomic<LogLevel> least_level{LogLevel::kInfo};

// What must not be written, whatever it is in. Few and rarely changed.
struct Hidden {
  using Texts = std::vector<std::pair<std::string, std::string>>;  // with what stands for each
  std::mutex mutex;
  Texts for_ever;
  Texts latest;  // at most kMostLatest
};
Hidden& HiddenTexts() {
  static Hidden* const hidden = new Hidden;
  return *hidden;
}

std::string TimeNow() {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", SystemClock().WallNow(), absl::UTCTimeZone());
}

bool IsPlain(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

void AppendText(std::string& out, absl::string_view text) {
  out.push_back('"');
  while (!text.empty()) {
    const auto plain = std::find_if_not(text.begin(), text.end(), IsPlain) - text.begin();
    out.append(text.data(), static_cast<size_t>(plain));
    text.remove_prefix(static_cast<size_t>(plain));
    if (text.empty()) break;
    const char c = text.front();
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else {
      // Whatever is not ASCII goes out byte by byte: the line stays valid JSON whatever the bytes
      // were.
      absl::StrAppendFormat(&out, "\\u%04x", static_cast<unsigned char>(c));
    }
    text.remove_prefix(1);
  }
  out.push_back('"');
}

struct AppendValue {
  std::string& out;
  void operator()(const std::string& text) const { AppendText(out, WithoutSecrets(text)); }
  void operator()(int64_t number) const { absl::StrAppend(&out, number); }
  void operator()(double number) const {
    absl::StrAppend(&out, std::isfinite(number) ? absl::StrCat(number) : "null");
  }
  void operator()(bool yes) const { out += yes ? "true" : "false"; }
};

}  // namespace

void SetLogLevel(LogLevel level) { least_level = level; }

bool LogEnabled(LogLevel level) { return level >= least_level; }

void HideInLogs(absl::string_view secret) {
  if (secret.size() < kShortestHidden) return;
  Hidden& hidden = HiddenTexts();
  std::lock_guard lock(hidden.mutex);
  hidden.for_ever.emplace_back(std::string(secret), "[secret]");
}

void HideLatestInLogs(absl::string_view secret) {
  if (secret.size() < kShortestHidden) return;
  Hidden& hidden = HiddenTexts();
  std::lock_guard lock(hidden.mutex);
  std::erase_if(hidden.latest, [&](const auto& text) { return text.first == secret; });
  if (hidden.latest.size() == kMostLatest) hidden.latest.erase(hidden.latest.begin());
  hidden.latest.emplace_back(std::string(secret), "[secret]");
}

std::string WithoutSecrets(absl::string_view text) {
  Hidden& hidden = HiddenTexts();
  std::lock_guard lock(hidden.mutex);
  std::string without = absl::StrReplaceAll(text, hidden.for_ever);
  absl::StrReplaceAll(hidden.latest, &without);
  return without;
}

std::string LogLine(absl::string_view time, LogLevel level, absl::string_view event,
                    absl::Span<const LogField> fields) {
  std::string line = absl::StrCat("{\"time\":\"", time, "\",\"level\":\"",
                                  kNames[static_cast<int>(level)], "\",\"event\":");
  AppendText(line, event);
  for (const LogField& field : fields) {
    line.push_back(',');
    AppendText(line, field.key);
    line.push_back(':');
    std::visit(AppendValue{line}, field.value);
  }
  line.push_back('}');
  return line;
}

void Log(LogLevel level, absl::string_view event, absl::Span<const LogField> fields) {
  if (LogEnabled(level)) WriteLine(LogLine(TimeNow(), level, event, fields));
}

void LogInBackground(size_t max_waiting) {
  WriteLinesInBackground(max_waiting, [](uint64_t lost) {
    return LogLine(TimeNow(), LogLevel::kWarn, "log_lines_dropped",
                   {{"lines", static_cast<int64_t>(lost)}});
  });
}

}  // namespace gw::observe
