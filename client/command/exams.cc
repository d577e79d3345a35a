// `concero exams`: which there are, and what changes.
#include <memory>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/command/commands.h"
#include "client/command/json.h"
#include "client/command/table.h"

namespace concero::command {
namespace {

struct ExamsOptions {
  std::string filter;
  std::optional<absl::Duration> max_staleness;
  absl::Duration staleness;
};

v1::ListExaminationsResponse AsMessage(const Examinations& list) {
  v1::ListExaminationsResponse message;
  for (const auto& examination : list.examinations) *message.add_examinations() = examination;
  const int64_t nanos = absl::ToUnixNanos(list.fetch_time);
  message.mutable_fetch_time()->set_seconds(nanos / 1'000'000'000);
  message.mutable_fetch_time()->set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
  message.set_stale(list.stale);
  message.set_version(list.version);
  return message;
}

absl::Status ListExams(Session& session, Client& client, const ExamsOptions& options) {
  auto list = client.ListExaminations(options.max_staleness, session.call());
  if (!list.ok()) return list.status();
  std::erase_if(list->examinations, [&](const v1::Examination& e) {
    return !absl::StrContains(absl::AsciiStrToLower(e.name()),
                              absl::AsciiStrToLower(options.filter));
  });
  if (session.json()) {
    session.terminal.Print(PrettyJsonOf(AsMessage(*list)));
    return absl::OkStatus();
  }
  Table table({"ID#", "EXAMINATION"});
  for (const auto& e : list->examinations) table.Add({absl::StrCat(e.id()), e.name()});
  if (table.empty()) {
    session.terminal.Say("there is no such examination");
  } else {
    table.Print(session.terminal);
  }
  if (list->stale) {
    session.terminal.Say(
        absl::StrCat("as it was at ",
                     absl::FormatTime("%Y-%m-%d %H:%M:%S", list->fetch_time, absl::UTCTimeZone()),
                     " UTC; --max-staleness 0s asks Concero now"));
  }
  return absl::OkStatus();
}

void PrintUpdate(const Session& session, const v1::WatchExaminationsResponse& update) {
  const Terminal& terminal = session.terminal;
  if (session.json()) return terminal.Print(JsonOf(update));
  const std::string when = TimeText(update.has_fetch_time(), update.fetch_time());
  const auto line = [&](const char* sign, Tint tint, int64_t id, const std::string& name) {
    terminal.Print(absl::StrCat(terminal.Tinted(when, Tint::kFaint), "  ",
                                terminal.Tinted(absl::StrCat(sign, " ", id), tint), "  ",
                                Harmless(name)));
  };
  for (const auto& e : update.snapshot().examinations()) line(" ", Tint::kPlain, e.id(), e.name());
  for (const auto& e : update.change().added()) line("+", Tint::kGood, e.id(), e.name());
  for (const auto& e : update.change().renamed()) line("~", Tint::kDoubtful, e.id(), e.name());
  for (const int64_t id : update.change().removed_ids()) line("-", Tint::kBad, id, "");
}

absl::Status Watch(Session& session, Client& client, const std::string& known) {
  session.terminal.Say("watching the examinations; end with Ctrl-C");
  session.SayIfAway(client, "waiting for it");
  const absl::Status status = client.WatchExaminations(
      known,
      [&](const v1::WatchExaminationsResponse& update) {
        PrintUpdate(session, update);
        return true;
      },
      session.endless());
  // To end it is the user's part.
  return absl::IsCancelled(status) && session.cancel().stop_requested() ? absl::OkStatus() : status;
}

}  // namespace

void AddExams(CLI::App& app, Session& session) {
  CLI::App& exams = AddGroup(app, "exams", "See the examinations");

  CLI::App& list =
      *exams.add_subcommand("list", "List the examinations that candidates can be invited to");
  const auto options = std::make_shared<ExamsOptions>();
  list.add_option("--filter", options->filter, "Only those with this text in their name")
      ->type_name("TEXT");
  CLI::Option* const staleness = AddDuration(list, "--max-staleness", options->staleness,
                                             "How old the list may be; 0s asks Concero now");
  WhenChosen(list, session, [&session, options, staleness] {
    if (!staleness->empty()) options->max_staleness = options->staleness;
    return session.With([&](Client& client) { return ListExams(session, client, *options); });
  });

  CLI::App& watch =
      *exams.add_subcommand("watch", "Show the examinations, then each change as it comes");
  const auto known = std::make_shared<std::string>();
  watch.add_option("--known-version", *known, "Only what has changed since this version")
      ->type_name("VERSION");
  WhenChosen(watch, session, [&session, known] {
    return session.With([&](Client& client) { return Watch(session, client, *known); });
  });
}

}  // namespace concero::command
