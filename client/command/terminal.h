// Where the command speaks: data on stdout, talk on stderr.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "client/command/exit_code.h"

namespace concero::command {

enum class Output { kTable, kJson };
enum class Tint { kPlain, kGood, kBad, kDoubtful, kFaint };

/// Knows whether somebody looks. Thread safety: none.
class Terminal {
 public:
  /// As the process was started: NO_COLOR (https://no-color.org) and TERM=dumb are heeded.
  Terminal();

  /// Nothing but failures from now on.
  void BeQuiet() { quiet_ = true; }
  /// Failures are for people or for programs.
  void SetOutput(Output output) { output_ = output; }
  void UseColor(bool use) { color_out_ = color_err_ = use; }
  bool quiet() const { return quiet_; }
  bool err_is_terminal() const { return err_is_terminal_; }
  /// How wide stderr's terminal is now; 80 when it does not say.
  size_t err_columns() const;
  /// Somebody can be asked.
  bool interactive() const { return in_is_terminal_ && err_is_terminal_; }

  /// Data: to stdout, and a line's end.
  void Print(absl::string_view text) const;
  /// Talk: to stderr, and a line's end.
  void Say(absl::string_view text) const;
  /// The same, but what must be seen when nothing else is said.
  void Tell(absl::string_view text) const;
  /// What went wrong, and what to do. The exit code for it.
  ExitCode Fail(const absl::Status& status) const;
  /// Bad usage that only running shows. kUsage.
  ExitCode FailUsage(absl::string_view text) const;

  /// For stdout, for stderr.
  std::string Tinted(absl::string_view text, Tint tint) const {
    return Tinted(text, tint, color_out_);
  }
  std::string TintedTalk(absl::string_view text, Tint tint) const {
    return Tinted(text, tint, color_err_);
  }

  /// The answer to a question; false also at the end of the input.
  bool Confirm(absl::string_view question) const;

 private:
  static std::string Tinted(absl::string_view text, Tint tint, bool color);

  bool in_is_terminal_, err_is_terminal_;
  bool color_out_, color_err_;
  bool quiet_ = false;
  Output output_ = Output::kTable;
};

}  // namespace concero::command
