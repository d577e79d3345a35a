// The commands: each function adds one, with its options, to the program.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "absl/time/time.h"
#include "client/command/session.h"

namespace concero::command {

/// `session` outlives `app`. Thread safety: none.
void AddExams(CLI::App& app, Session& session);
void AddAllocate(CLI::App& app, Session& session);
void AddCancel(CLI::App& app, Session& session);
void AddReport(CLI::App& app, Session& session);
void AddStudent(CLI::App& app, Session& session);
void AddAllocations(CLI::App& app, Session& session);
void AddPreflight(CLI::App& app, Session& session);
void AddHealth(CLI::App& app, Session& session);
void AddCompletion(CLI::App& app, Session& session);

/// `command` is run when it is the one that was asked for. Further ones below it are required when
/// it has some.
void WhenChosen(CLI::App& command, Session& session, std::function<ExitCode()> run);

/// A group of commands, of which one must be named.
CLI::App& AddGroup(CLI::App& app, const std::string& name, const std::string& description);

/// Of an option or argument that is a number.
extern const CLI::Validator kAboveZero;
/// Of one whose empty value would mean something else than that it is not given.
extern const CLI::Validator kNotEmpty;

/// An option with a duration as value (`30s`, `5m`).
CLI::Option* AddDuration(CLI::App& app, const std::string& name, absl::Duration& value,
                         const std::string& description);

/// `2025-11-03 09:00:00`, of UTC; empty for a time that is not set.
template <class Message>
std::string TimeText(bool has, const Message& timestamp) {
  if (!has) return "";
  const absl::Time time =
      absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", time, absl::UTCTimeZone());
}

}  // namespace concero::command
