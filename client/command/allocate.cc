// `concero allocate` and `concero cancel`: invitations.
#include <memory>

#include "absl/strings/str_cat.h"
#include "client/command/bulk.h"
#include "client/command/commands.h"
#include "client/command/json.h"
#include "client/command/request_id.h"
#include "client/command/show.h"
#include "client/command/table.h"

namespace concero::command {
namespace {

struct OneOptions {
  int64_t examination_id = 0;
  std::string email;
  std::string request_id;
};

absl::Status Invite(Session& session, Client& client, const OneOptions& one) {
  const Intent intent(one.examination_id, one.email, one.request_id);
  // Before anything is sent: it is what a repeat needs.
  if (one.request_id.empty()) {
    session.terminal.Say(
        absl::StrCat("request id ", intent.request_id(), " (repeat with --request-id)"));
  }
  const auto answer = client.Allocate(intent, session.call());
  if (!answer.ok()) {
    const absl::Status failure = WithRequestId(answer.status(), intent.request_id());
    // Else nothing is said of what the user ended.
    if (absl::IsCancelled(failure) && session.cancel().stop_requested()) {
      if (session.json()) {
        session.Fail(failure);
      } else {
        session.terminal.Tell(absl::StrCat("it may go on; see what became of it: concero ",
                                           "allocations get ", intent.request_id()));
      }
    }
    return failure;
  }
  if (session.json()) {
    session.terminal.Print(PrettyJsonOf(*answer));
    return absl::OkStatus();
  }
  ShowAllocation(session.terminal, answer->allocation());
  if (answer->replayed()) session.terminal.Say("by an earlier call with this request id");
  return absl::OkStatus();
}

absl::Status Validate(Session& session, Client& client, const OneOptions& one) {
  const absl::Status status =
      client.ValidateAllocation(Intent(one.examination_id, one.email), session.call());
  if (!status.ok()) return status;
  if (session.json()) {
    session.terminal.Print(JsonObject().Raw("valid", "1").Raw("invalid", "0").Finish());
  } else {
    session.terminal.Print("could be invited; nothing was sent");
  }
  return status;
}

}  // namespace

void AddAllocate(CLI::App& app, Session& session) {
  CLI::App& allocate =
      *app.add_subcommand("allocate", "Invite a candidate to an examination, or those of a file");
  // The options of all commands are told of at the end.
  allocate.footer(
      "A file is CSV with a head: email,examination_id[,request_id]. What becomes of\n"
      "each row is written to --results (or beside the file, as NAME.results.csv), with\n"
      "its request id before anything is sent; after an interruption --resume goes on,\n"
      "and nobody is invited twice (as the same caller, at the same gateway, for as\n"
      "long as that keeps request ids: 30 days).\n"
      "\n" +
      app.get_footer());
  const auto one = std::make_shared<OneOptions>();
  const auto bulk = std::make_shared<BulkOptions>();

  CLI::Option* const exam =
      allocate.add_option("EXAMINATION", one->examination_id, "Id of the examination")
          ->check(kAboveZero);
  CLI::Option* const email = allocate.add_option("EMAIL", one->email, "The candidate's address");
  CLI::Option* const id =
      allocate
          .add_option("--request-id", one->request_id,
                      "The id of this invitation, as a repeat has it; one is made otherwise")
          ->check(kNotEmpty)
          ->type_name("ID");
  CLI::Option* const file =
      allocate.add_option("-f,--file", bulk->file, "CSV of candidates; - for stdin")
          ->type_name("FILE");
  CLI::Option* const results =
      allocate
          .add_option("--results", bulk->results,
                      "Where to write what becomes of each (.csv or .jsonl)")
          ->type_name("FILE");
  CLI::Option* const for_all =
      allocate.add_option("--exam", bulk->examination_id, "The id for rows without examination_id")
          ->check(kAboveZero)
          ->type_name("ID");
  CLI::Option* const resume =
      allocate.add_flag("--resume", bulk->resume, "Go on with the results of an earlier run");
  CLI::Option* const repeats = allocate.add_flag(
      "--allow-repeats", bulk->repeats, "A candidate may be there twice for one examination");
  CLI::Option* const yes = allocate.add_flag("-y,--yes", bulk->yes, "Do not ask before sending");
  allocate.add_flag("-n,--dry-run", bulk->dry_run, "Check, and send nothing");
  for (CLI::Option* option : {results, for_all, resume, repeats, yes}) option->needs(file);
  for (CLI::Option* option : {exam, email, id}) file->excludes(option);

  WhenChosen(allocate, session, [&session, one, bulk, file, exam, email] {
    if (!file->empty()) return AllocateFile(session, *bulk);
    if (exam->empty() || email->empty()) {
      return session.terminal.FailUsage(
          "name an examination and a candidate (concero allocate 119 arjun@company.io), or a file "
          "of them (--file)");
    }
    return session.With([&](Client& client) {
      return bulk->dry_run ? Validate(session, client, *one) : Invite(session, client, *one);
    });
  });
}

void AddCancel(CLI::App& app, Session& session) {
  CLI::App& cancel = *app.add_subcommand("cancel", "Make an invitation invalid");
  const auto invite = std::make_shared<int64_t>(0);
  cancel.add_option("INVITE", *invite, "Id of the invitation")->required()->check(kAboveZero);
  WhenChosen(cancel, session, [&session, invite] {
    return session.With([&](Client& client) {
      const auto answer = client.CancelAllocation(*invite, session.call());
      if (!answer.ok()) return answer.status();
      if (session.json()) {
        session.terminal.Print(PrettyJsonOf(*answer));
      } else {
        session.terminal.Print(absl::StrCat("invitation ", *invite, " is cancelled"));
      }
      return absl::OkStatus();
    });
  });
}

}  // namespace concero::command
