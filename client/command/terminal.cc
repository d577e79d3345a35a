#include "client/command/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/command/json.h"
#include "client/command/table.h"

namespace concero::command {
namespace {

// Whatever of it, but not empty.
bool IsSet(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

bool ColorIsWanted() {
  const char* term = std::getenv("TERM");
  return !IsSet("NO_COLOR") && term != nullptr && absl::string_view(term) != "dumb";
}

absl::string_view CodeOf(Tint tint) {
  switch (tint) {
    case Tint::kPlain:
      return "";
    case Tint::kGood:
      return "\033[32m";
    case Tint::kBad:
      return "\033[31m";
    case Tint::kDoubtful:
      return "\033[33m";
    case Tint::kFaint:
      return "\033[2m";
  }
  return "";
}

}  // namespace

Terminal::Terminal()
    : in_is_terminal_(isatty(STDIN_FILENO) != 0),
      err_is_terminal_(isatty(STDERR_FILENO) != 0),
      color_out_(isatty(STDOUT_FILENO) != 0 && ColorIsWanted()),
      color_err_(err_is_terminal_ && ColorIsWanted()) {}

size_t Terminal::err_columns() const {
  winsize size = {};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

void Terminal::Print(absl::string_view text) const { std::cout << text << '\n' << std::flush; }

void Terminal::Say(absl::string_view text) const {
  if (!quiet_) Tell(text);
}

void Terminal::Tell(absl::string_view text) const { std::cerr << text << '\n' << std::flush; }

ExitCode Terminal::Fail(const absl::Status& status) const {
  const ExitCode code = ExitCodeOf(status);
  if (output_ == Output::kJson) {
    std::cerr << JsonOfFailure(status) << '\n' << std::flush;
    return code;
  }
  const Tint tint = code == kInDoubt ? Tint::kDoubtful : Tint::kBad;
  std::cerr << "concero: " << TintedTalk(Harmless(Describe(status)), tint) << '\n';
  for (const std::string& line : AdviceFor(status)) std::cerr << "  " << Harmless(line) << '\n';
  std::cerr << std::flush;
  return code;
}

ExitCode Terminal::FailUsage(absl::string_view text) const {
  if (output_ == Output::kJson) {
    std::cerr << JsonOfUsage(text) << '\n' << std::flush;
    return kUsage;
  }
  std::cerr << "concero: " << TintedTalk(text, Tint::kBad) << '\n' << std::flush;
  return kUsage;
}

std::string Terminal::Tinted(absl::string_view text, Tint tint, bool color) {
  if (!color || tint == Tint::kPlain) return std::string(text);
  return absl::StrCat(CodeOf(tint), text, "\033[0m");
}

bool Terminal::Confirm(absl::string_view question) const {
  std::cerr << question << " [y/N] " << std::flush;
  std::string answer;
  if (!std::getline(std::cin, answer)) return false;
  absl::StripAsciiWhitespace(&answer);
  answer = absl::AsciiStrToLower(answer);
  return answer == "y" || answer == "yes";
}

}  // namespace concero::command
