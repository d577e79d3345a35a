// How much of a list is wanted.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <optional>

#include "absl/strings/str_cat.h"
#include "client/command/commands.h"
#include "client/command/table.h"
#include "client/command/terminal.h"

namespace concero::command {

/// `--limit N` and `--all`. Thread safety: none.
class Limits {
 public:
  explicit Limits(size_t limit) : limit_(limit) {}

  void AddTo(CLI::App& list) {
    list.add_option("--limit", limit_, "How many at most")
        ->capture_default_str()
        ->check(kAboveZero)
        ->type_name("N");
    list.add_flag("--all", all_, "All of them");
  }
  /// Not set: all.
  std::optional<size_t> most() const { return all_ ? std::nullopt : std::optional(limit_); }

  /// The rows that were found, and whether there may be more. `which`: `newest`.
  void Print(const Terminal& terminal, const Table& rows, const char* which) const {
    if (rows.empty()) return terminal.Say("there are none");
    rows.Print(terminal);
    if (all_ || rows.size() < limit_) return;
    terminal.Say(absl::StrCat("the ", which, " ", limit_, "; more with --limit N or --all"));
  }

 private:
  size_t limit_;
  bool all_ = false;
};

}  // namespace concero::command
