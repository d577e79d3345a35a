// A disk that fails when told to: SQLite's own file system with faults.
#pragma once

#include <set>
#include <string>

namespace gw::testing {

/// Registered with SQLite under name() for good. What SQLite asks of the main database, its log and
/// its journal is counted and may fail; nothing is really synced. Thread safety: none.
class FailingVfs {
 public:
  enum class Kind { kWrite, kSync, kTruncate };

  static FailingVfs& Get();
  static const char* name() { return "failing"; }

  /// From the `nth` (1 is the next) operation of one of these kinds on, `times` of them fail with
  /// `code` (SQLITE_FULL, SQLITE_IOERR_…). A write that fails has written half of its bytes.
  void Fail(std::set<Kind> kinds, int code, int nth = 1, int times = 1 << 30);
  /// Only of files whose names end so.
  void OnlyOf(std::string suffix) { suffix_ = std::move(suffix); }
  /// No more faults; counts from 0.
  void Heal();

  /// Since Heal.
  int failed() const { return failed_; }
  int synced(const std::string& suffix) const;

  // For the files.
  int Ask(Kind kind, const std::string& file);

 private:
  FailingVfs();

  std::set<Kind> kinds_;
  std::string suffix_;
  int code_ = 0;
  int until_ = 0;
  int times_ = 0;
  int failed_ = 0;
  std::multiset<std::string> synced_;
};

}  // namespace gw::testing
