#include "service/ledger/postgres_values.h"

#include <libpq-fe.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"

namespace gw::ledger {
namespace {

// pg_type.oid, the same in every database.
constexpr uint32_t kBool = 16;
constexpr uint32_t kBytea = 17;
constexpr uint32_t kInt8 = 20;
constexpr uint32_t kText = 25;
constexpr uint32_t kTimestamptz = 1184;
constexpr uint32_t kBools = 1000;
constexpr uint32_t kTexts = 1009;
constexpr uint32_t kInts8 = 1016;

// A timestamptz counts microseconds from the year 2000; its extremes are the infinities.
constexpr int64_t kMicrosFromUnixEpoch = int64_t{946'684'800} * 1'000'000;
constexpr int64_t kPast = std::numeric_limits<int64_t>::min();
constexpr int64_t kFuture = std::numeric_limits<int64_t>::max();
// The years 1 and 9999: what is beyond is infinite.
constexpr int64_t kFirst = int64_t{-62'135'596'800} * 1'000'000;
constexpr int64_t kLast = int64_t{253'402'300'799} * 1'000'000;

std::string BigEndian(int64_t value, int size = 8) {
  std::string bytes(size, '\0');
  auto bits = static_cast<uint64_t>(value);
  for (int i = size - 1; i >= 0; --i, bits >>= 8) bytes[i] = static_cast<char>(bits & 0xFF);
  return bytes;
}

void AddWithSize(absl::string_view value, std::string& bytes) {
  absl::StrAppend(&bytes, BigEndian(static_cast<int64_t>(value.size()), 4), value);
}

// As array_recv of PostgreSQL's arrayfuncs.c reads it: how many dimensions, whether there are
// NULLs, of what type; for each dimension its size and where counting begins; then the elements,
// each with its size.
std::string ArrayOf(uint32_t element, size_t count, const std::string& elements) {
  const std::string kind = absl::StrCat(BigEndian(0, 4), BigEndian(element, 4));
  if (count == 0) return absl::StrCat(BigEndian(0, 4), kind);
  return absl::StrCat(BigEndian(1, 4), kind, BigEndian(static_cast<int64_t>(count), 4),
                      BigEndian(1, 4), elements);
}

int64_t FromBigEndian(absl::string_view bytes) {
  if (bytes.empty()) return 0;
  // The sign of the first byte is that of the number, whatever its size.
  uint64_t bits = static_cast<uint64_t>(static_cast<int64_t>(static_cast<signed char>(bytes[0])));
  for (const char byte : bytes.substr(1)) bits = bits << 8 | static_cast<unsigned char>(byte);
  return static_cast<int64_t>(bits);
}

}  // namespace

PostgresParams& PostgresParams::Add(uint32_t type, std::string value) {
  types_.push_back(type);
  values_.push_back(std::move(value));
  return *this;
}

PostgresParams& PostgresParams::Text(absl::string_view value) {
  return Add(kText, std::string(value));
}
PostgresParams& PostgresParams::Int(int64_t value) { return Add(kInt8, BigEndian(value)); }
PostgresParams& PostgresParams::Bool(bool value) {
  return Add(kBool, std::string(1, value ? '\1' : '\0'));
}
PostgresParams& PostgresParams::Time(absl::Time value) {
  const int64_t micros = absl::ToUnixMicros(value);
  if (micros < kFirst) return Add(kTimestamptz, BigEndian(kPast));
  if (micros > kLast) return Add(kTimestamptz, BigEndian(kFuture));
  return Add(kTimestamptz, BigEndian(micros - kMicrosFromUnixEpoch));
}
PostgresParams& PostgresParams::Bytes(absl::string_view value) {
  return Add(kBytea, std::string(value));
}
PostgresParams& PostgresParams::Texts(const std::vector<std::string>& values) {
  std::string elements;
  for (const std::string& value : values) AddWithSize(value, elements);
  return Add(kTexts, ArrayOf(kText, values.size(), elements));
}
PostgresParams& PostgresParams::Ints(const std::vector<int64_t>& values) {
  std::string elements;
  for (const int64_t value : values) AddWithSize(BigEndian(value), elements);
  return Add(kInts8, ArrayOf(kInt8, values.size(), elements));
}
PostgresParams& PostgresParams::Bools(const std::vector<bool>& values) {
  std::string elements;
  for (const bool value : values) AddWithSize(std::string(1, value ? '\1' : '\0'), elements);
  return Add(kBools, ArrayOf(kBool, values.size(), elements));
}

void PostgresResult::Free::operator()(pg_result* result) const { PQclear(result); }

int PostgresResult::rows() const { return PQntuples(result_.get()); }

absl::string_view PostgresResult::command() const { return PQcmdStatus(result_.get()); }

absl::string_view PostgresResult::Text(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<size_t>(PQgetlength(result_.get(), row, column))};
}

int64_t PostgresResult::Int(int row, int column) const { return FromBigEndian(Text(row, column)); }

bool PostgresResult::Bool(int row, int column) const { return Int(row, column) != 0; }

absl::Time PostgresResult::Time(int row, int column) const {
  const int64_t micros = Int(row, column);
  if (micros == kPast) return absl::InfinitePast();
  if (micros == kFuture) return absl::InfiniteFuture();
  return absl::FromUnixMicros(micros + kMicrosFromUnixEpoch);
}

}  // namespace gw::ledger
