#include "client/command/commands.h"

#include <cstdint>
#include <utility>

#include "absl/strings/numbers.h"

namespace concero::command {

const CLI::Validator kAboveZero(
    [](std::string& text) {
      int64_t number;
      return absl::SimpleAtoi(text, &number) && number > 0 ? "" : "must be a number above 0";
    },
    "");

const CLI::Validator kNotEmpty(
    [](std::string& text) { return text.empty() ? "must not be empty" : ""; }, "");

void WhenChosen(CLI::App& command, Session& session, std::function<ExitCode()> run) {
  command.callback([&session, run = std::move(run)] { session.chosen = run; });
}

CLI::App& AddGroup(CLI::App& app, const std::string& name, const std::string& description) {
  CLI::App* const group = app.add_subcommand(name, description);
  group->require_subcommand(1);
  return *group;
}

CLI::Option* AddDuration(CLI::App& app, const std::string& name, absl::Duration& value,
                         const std::string& description) {
  return app
      .add_option_function<std::string>(
          name,
          [&value](const std::string& text) {
            if (absl::ParseDuration(text, &value) && value >= absl::ZeroDuration()) return;
            throw CLI::ValidationError("'" + text + "' is no duration: write it as 500ms, 30s, 5m");
          },
          description)
      ->type_name("DURATION");
}

}  // namespace concero::command
