// Values on their way to PostgreSQL and back, in its binary forms: nothing is quoted, and no text
// ends early.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

struct pg_result;

namespace gw::ledger {

/// The parameters of one statement, $1 first. Thread safety: a value.
class PostgresParams {
 public:
  PostgresParams& Text(absl::string_view value);
  /// A bigint.
  PostgresParams& Int(int64_t value);
  PostgresParams& Bool(bool value);
  /// A timestamptz, to the microsecond; infinite ones stay so.
  PostgresParams& Time(absl::Time value);
  /// A bytea.
  PostgresParams& Bytes(absl::string_view value);

  /// Arrays of these, with one dimension.
  PostgresParams& Texts(const std::vector<std::string>& values);
  PostgresParams& Ints(const std::vector<int64_t>& values);
  PostgresParams& Bools(const std::vector<bool>& values);

  const std::vector<uint32_t>& types() const { return types_; }
  const std::vector<std::string>& values() const { return values_; }

 private:
  PostgresParams& Add(uint32_t type, std::string value);
  std::vector<uint32_t> types_;
  std::vector<std::string> values_;
};

/// What a statement returned, asked for in binary form. Row and column count from 0 and exist; the
/// column is of the type asked for and not NULL. Thread safety: a value.
class PostgresResult {
 public:
  /// Takes it over.
  explicit PostgresResult(pg_result* result) : result_(result) {}

  int rows() const;
  /// What was done, as PostgreSQL says it: `COMMIT`, `INSERT 0 1`.
  absl::string_view command() const;

  /// text and bytea. Valid as long as this.
  absl::string_view Text(int row, int column) const;
  /// smallint, integer and bigint.
  int64_t Int(int row, int column) const;
  bool Bool(int row, int column) const;
  /// timestamptz.
  absl::Time Time(int row, int column) const;

 private:
  struct Free {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Free> result_;
};

}  // namespace gw::ledger
