#include "service/rest/date_time.h"

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/time/civil_time.h"

namespace gw::rest {
namespace {

constexpr int64_t kEarliest = -62135596800;  // 0001-01-01T00:00:00Z
constexpr int64_t kLatest = 253402300799;    // 9999-12-31T23:59:59Z

/// Reads `text` from the left. After the first thing that is not as expected everything is 0 and
/// `ok` false.
class Scanner {
 public:
  explicit Scanner(absl::string_view text) : text_(text) {}

  bool ok() const { return ok_; }
  bool AtEnd() const { return text_.empty(); }

  bool Try(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  void Take(char c) { ok_ = Try(c) && ok_; }

  int Digits(int count) {
    int number = 0;
    for (int i = 0; i < count; ++i) number = number * 10 + Digit();
    return number;
  }

  /// A second's fraction of 1 to 9 digits, in nanoseconds.
  int Fraction() {
    int nanos = Digit() * 100'000'000;
    for (int unit = 10'000'000; unit > 0 && StartsWithDigit(); unit /= 10) nanos += Digit() * unit;
    return nanos;
  }

  /// `Z`, `+hh:mm`, `+hhmm` or nothing: seconds east of UTC.
  int Zone() {
    if (AtEnd() || Try('Z')) return 0;
    const int sign = Try('-') ? -1 : 1;
    if (sign == 1) Take('+');
    const int hours = Digits(2);
    Try(':');
    const int minutes = Digits(2);
    if (hours > 23 || minutes > 59) ok_ = false;
    return sign * (hours * 3600 + minutes * 60);
  }

 private:
  bool StartsWithDigit() const {
    return !text_.empty() && absl::ascii_isdigit(static_cast<unsigned char>(text_.front()));
  }

  int Digit() {
    if (!StartsWithDigit()) {
      ok_ = false;
      return 0;
    }
    const int digit = text_.front() - '0';
    text_.remove_prefix(1);
    return digit;
  }

  absl::string_view text_;
  bool ok_ = true;
};

}  // namespace

absl::StatusOr<::google::protobuf::Timestamp> ParseDateTime(absl::string_view text) {
  Scanner in(text);
  const int year = in.Digits(4);
  in.Take('-');
  const int month = in.Digits(2);
  in.Take('-');
  const int day = in.Digits(2);
  if (!in.Try(' ')) in.Take('T');
  const int hour = in.Digits(2);
  in.Take(':');
  const int minute = in.Digits(2);
  in.Take(':');
  const int second = in.Digits(2);
  const int nanos = in.Try('.') ? in.Fraction() : 0;
  const int offset = in.Zone();
  // CivilSecond turns 30 February into 1 March: a day that comes out another one was none.
  const absl::CivilSecond civil(year, month, day, hour, minute, second);
  const bool exists = civil.month() == month && civil.day() == day && civil.hour() == hour &&
                      civil.minute() == minute && civil.second() == second;
  const int64_t seconds = (civil - absl::CivilSecond()) - offset;  // that is 1970
  if (!in.ok() || !in.AtEnd() || !exists || seconds < kEarliest || seconds > kLatest) {
    return absl::InvalidArgumentError("expects a date and time");
  }
  ::google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(nanos);
  return timestamp;
}

}  // namespace gw::rest
