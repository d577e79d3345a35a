#include "service/http/clock_skew_transport.h"

#include <optional>
#include <utility>
#include <variant>

#include "service/http/http_date.h"

namespace gw::http {
namespace {

constexpr absl::Duration kBetweenLooks = absl::Seconds(1);

// True for one of those who ask at the same time, and then not before `pause` has passed.
bool IsDue(std::atomic<int64_t>& due, Instant now, absl::Duration pause) {
  int64_t at = due.load();
  return now.nanos() >= at && due.compare_exchange_strong(at, (now + pause).nanos());
}

}  // namespace

absl::Duration UpstreamAhead(absl::Time date, absl::Time asked, absl::Time answered) {
  // The answer was written at some time between these two, and its date says in which second.
  const absl::Time earliest = asked - absl::Seconds(1), latest = answered;
  if (date > latest) return date - latest;
  if (date < earliest) return date - earliest;
  return absl::ZeroDuration();
}

void ClockSkewTransport::Start(Request request, Completion done) {
  const absl::Time asked = clock_.WallNow();
  observe::CallRecordPtr record = request.record;
  inner_.Start(std::move(request), [this, asked, record = std::move(record),
                                    done = std::move(done)](Outcome outcome) mutable {
    if (const auto* response = std::get_if<Response>(&outcome)) {
      Look(*response, asked, record.get());
    }
    std::move(done)(std::move(outcome));
  });
}

void ClockSkewTransport::Look(const Response& response, absl::Time asked,
                              const observe::CallRecord* record) {
  if (!IsDue(look_again_, clock_.Now(), kBetweenLooks) || response.Header("age")) return;
  const auto text = response.Header("date");
  const std::optional<absl::Time> date = text ? ParseHttpDate(*text) : std::nullopt;
  if (!date) return;
  const absl::Duration ahead = UpstreamAhead(*date, asked, clock_.WallNow());
  seconds_apart_ = absl::ToDoubleSeconds(absl::AbsDuration(ahead));
  if (absl::AbsDuration(ahead) > kTolerated) {
    Warn(ahead, record);
  } else {
    warn_again_ = 0;
  }
}

void ClockSkewTransport::Warn(absl::Duration ahead, const observe::CallRecord* record) {
  if (!IsDue(warn_again_, clock_.Now(), kPause)) return;
  observe::LogOf(record, observe::LogLevel::kWarn, "clock_skew",
                 {{"upstream", upstream_},
                  {"upstream_ahead_seconds", absl::ToDoubleSeconds(ahead)},
                  {"advice", "compare this machine's clock with a time server"}});
}

}  // namespace gw::http
