#include "client/command/bulk.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <memory>
#include <set>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "client/command/candidates.h"
#include "client/command/json.h"
#include "client/command/new_file.h"
#include "client/command/progress.h"
#include "client/command/results_file.h"
#include "client/command/table.h"

namespace concero::command {
namespace {

constexpr size_t kMostShown = 10;

constexpr std::array kOutcomesInOrder = {
    Outcome::kSucceeded,   Outcome::kReplayed,   Outcome::kCancelled,
    Outcome::kRefused,     Outcome::kNotAllowed, Outcome::kFailed,
    Outcome::kUnavailable, Outcome::kInDoubt,    Outcome::kNone};

std::string WordsFor(Outcome outcome) {
  switch (outcome) {
    case Outcome::kSucceeded:
      return "invited";
    case Outcome::kReplayed:
      return "invited before, with the same request id";
    case Outcome::kCancelled:
      return "invited before, and cancelled since";
    case Outcome::kRefused:
      return "refused: correct the row";
    case Outcome::kNotAllowed:
      return "not allowed";
    case Outcome::kFailed:
      return "failed: the same again will not help";
    case Outcome::kUnavailable:
      return "no invitation known: --resume tries again";
    case Outcome::kInDoubt:
      return "in doubt: see concero allocations resolve";
    case Outcome::kNone:
      return "nothing known yet: --resume asks";
  }
  return "";
}

Tint TintOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::kSucceeded:
    case Outcome::kReplayed:
      return Tint::kGood;
    case Outcome::kCancelled:
    case Outcome::kNone:
      return Tint::kPlain;
    case Outcome::kInDoubt:
    case Outcome::kUnavailable:
      return Tint::kDoubtful;
    default:
      return Tint::kBad;
  }
}

ExitCode ExitCodeFor(Outcome outcome) {
  switch (outcome) {
    case Outcome::kSucceeded:
    case Outcome::kReplayed:
    case Outcome::kCancelled:
      return kOk;
    case Outcome::kRefused:
      return kRefused;
    case Outcome::kNotAllowed:
      return kNotAllowed;
    case Outcome::kUnavailable:
    case Outcome::kNone:
      return kUnavailable;
    case Outcome::kInDoubt:
      return kInDoubt;
    case Outcome::kFailed:
      return kFailed;
  }
  return kFailed;
}

bool IsWell(Outcome outcome) { return ExitCodeFor(outcome) == kOk; }

absl::StatusOr<std::string> ReadInput(const std::string& file) {
  if (file == "-") return ReadAll(STDIN_FILENO, "stdin");
  std::error_code unknown;
  if (std::filesystem::is_directory(file, unknown)) {
    return absl::NotFoundError(absl::StrCat("cannot read ", file, ": it is a directory"));
  }
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return CannotDo("read", file);
  auto text = ReadAll(fd, file);
  close(fd);
  return text;
}

// One run over the candidates.
class Run {
 public:
  Run(Session& session, const BulkOptions& options, std::vector<Candidate> candidates)
      : session_(session), options_(options), candidates_(std::move(candidates)) {}

  ExitCode All() {
    ExitCode code = kOk;
    // Results are made once it is known whom to ask.
    const ExitCode connected = session_.With([&](Client& client) {
      code = All(client);
      return absl::OkStatus();
    });
    return connected == kOk ? code : connected;
  }

 private:
  ExitCode All(Client& client) {
    const std::string path = ResultsPathOf(options_);
    auto opened = options_.resume ? ResultsFile::Resume(path, candidates_)
                                  : ResultsFile::Create(path, candidates_);
    if (!opened.ok()) return CannotOpen(opened.status());
    file_ = *std::move(opened);
    for (const Result& result : file_->results()) {
      if (IsOpen(result.outcome)) open_.push_back(&result.candidate);
    }
    const std::string all = WithCommas(candidates_.size());
    session_.terminal.Say(absl::StrCat(
        options_.resume ? absl::StrCat("going on with ", WithCommas(open_.size()), " of ", all)
                        : absl::StrCat("inviting ", all, " candidates"),
        "; results and request ids: ", path));
    absl::Status ended;
    if (!open_.empty()) {
      session_.SayIfAway(client, "trying for two minutes");
      ended = Send(client);
    }
    if (absl::Status status = file_->Close(); ended.ok()) ended = status;
    return Summarize(ended);
  }

  ExitCode CannotOpen(const absl::Status& status) {
    if (absl::IsAlreadyExists(status)) {
      return session_.terminal.FailUsage(absl::StrCat(
          status.message(), ": go on with it by --resume, or name another by --results"));
    }
    return session_.terminal.FailUsage(status.message());
  }

  absl::Status Send(Client& client) {
    std::unordered_map<std::string, const Candidate*> by_id;
    for (const Candidate* candidate : open_) by_id[candidate->request_id] = candidate;
    size_t next = 0;
    Progress progress(session_.terminal, candidates_.size(), candidates_.size() - open_.size());
    absl::Status written;
    std::atomic<bool> stop{false};  // what becomes of more could not be written down
    const absl::Status ended = client.AllocateMany(
        [&]() -> std::optional<Intent> {
          if (next == open_.size() || stop || session_.cancel().stop_requested()) {
            return std::nullopt;
          }
          const Candidate& candidate = *open_[next++];
          return Intent(candidate.examination_id, candidate.email, candidate.request_id);
        },
        [&](const Intent& intent, const auto& answer) {
          if (!IsAboutIt(answer)) return;  // what was known before stays
          const Result result = ResultOf(*by_id.at(intent.request_id()), answer);
          progress.Add(IsWell(result.outcome), absl::Now());
          if (absl::Status status = file_->Add(result); !status.ok()) {
            written = status;
            stop = true;
          }
        },
        {}, session_.endless());
    return written.ok() ? ended : written;
  }

  ExitCode Summarize(const absl::Status& ended) {
    std::unordered_map<Outcome, size_t> counts;
    ExitCode worst = kOk;
    for (const Result& result : file_->results()) {
      ++counts[result.outcome];
      worst = Worse(worst, ExitCodeFor(result.outcome));
    }
    if (session_.json()) {
      PrintJson(counts);
    } else {
      PrintTable(counts);
      ShowFailures();
    }
    if (session_.cancel().stop_requested()) {
      session_.terminal.Say("interrupted; go on with --resume");
      return kInterrupted;
    }
    // What ended the whole is told besides what became of each.
    if (!ended.ok()) worst = Worse(worst, session_.Fail(ended));
    return worst;
  }

  void PrintJson(std::unordered_map<Outcome, size_t>& counts) {
    JsonObject object;
    object.Text("results", ResultsPathOf(options_));
    object.Raw("candidates", absl::StrCat(candidates_.size()));
    for (const Outcome outcome : kOutcomesInOrder) {
      const std::string name = OutcomeName(outcome);
      object.Raw(name.empty() ? "unknown" : name, absl::StrCat(counts[outcome]));
    }
    session_.terminal.Print(object.Finish());
  }

  void PrintTable(std::unordered_map<Outcome, size_t>& counts) {
    Table table({"candidates#", ""});
    for (const Outcome outcome : kOutcomesInOrder) {
      if (counts[outcome] == 0) continue;
      table.Add({WithCommas(counts[outcome]), {WordsFor(outcome), TintOf(outcome)}});
    }
    table.Print(session_.terminal);
  }

  void ShowFailures() {
    size_t shown = 0, more = 0;
    for (const Result& result : file_->results()) {
      if (IsWell(result.outcome) || result.outcome == Outcome::kNone) continue;
      if (shown == kMostShown) {
        ++more;
        continue;
      }
      ++shown;
      // Of what is open the reason says it all.
      session_.terminal.Tell(absl::StrCat("row ", result.candidate.row, ", ",
                                          Harmless(result.candidate.email), ": ", result.reason,
                                          IsOpen(result.outcome) ? "" : ": " + result.message));
    }
    if (more > 0) {
      session_.terminal.Tell(
          absl::StrCat("and ", WithCommas(more), " more in ", ResultsPathOf(options_)));
    }
  }

  Session& session_;
  const BulkOptions& options_;
  const std::vector<Candidate> candidates_;
  std::unique_ptr<ResultsFile> file_;
  std::vector<const Candidate*> open_;
};

// Asks the gateway about each examination and address, and sends nothing.
ExitCode DryRun(Session& session, const std::vector<Candidate>& candidates) {
  ExitCode worst = kOk;
  size_t good = 0;
  const ExitCode code = session.With([&](Client& client) {
    for (const Candidate& candidate : candidates) {
      const absl::Status status = client.ValidateAllocation(
          Intent(candidate.examination_id, candidate.email, candidate.request_id), session.call());
      if (status.ok()) {
        ++good;
        continue;
      }
      const ExitCode code_of_one = ExitCodeOf(status);
      if (code_of_one != kRefused) return status;
      worst = Worse(worst, code_of_one);
      session.terminal.Tell(absl::StrCat("row ", candidate.row, ", ", Harmless(candidate.email),
                                         ": ", status.message()));
    }
    return absl::OkStatus();
  });
  if (code != kOk) return code;
  const size_t bad = candidates.size() - good;
  if (session.json()) {
    session.terminal.Print(
        JsonObject().Raw("valid", absl::StrCat(good)).Raw("invalid", absl::StrCat(bad)).Finish());
  } else {
    session.terminal.Print(absl::StrCat(WithCommas(good), " could be invited, ", WithCommas(bad),
                                        " not; nothing was sent"));
  }
  return worst;
}

}  // namespace

std::string ResultsPathOf(const BulkOptions& options) {
  if (!options.results.empty()) return options.results;
  std::string stem = options.file;
  const size_t dot = stem.rfind('.');
  if (dot != std::string::npos && stem.find('/', dot) == std::string::npos && dot > 0) {
    stem.resize(dot);
  }
  return stem + ".results.csv";
}

ExitCode AllocateFile(Session& session, const BulkOptions& options) {
  const Terminal& terminal = session.terminal;
  if (options.file == "-" && options.results.empty() && !options.dry_run) {
    return terminal.FailUsage("--results FILE is needed with --file -: it keeps the request ids");
  }
  const auto text = ReadInput(options.file);
  if (!text.ok()) return terminal.FailUsage(text.status().message());
  const std::string name = options.file == "-" ? "stdin" : options.file;
  auto candidates = ReadCandidates(*text, name, options.examination_id, options.repeats);
  if (!candidates.ok()) {
    for (const absl::string_view line : absl::StrSplit(candidates.status().message(), '\n')) {
      terminal.FailUsage(line);
    }
    return kUsage;
  }
  if (options.dry_run) return DryRun(session, *candidates);
  if (!options.yes && !options.resume && terminal.interactive() && options.file != "-") {
    std::set<int64_t> examinations;
    for (const Candidate& candidate : *candidates) examinations.insert(candidate.examination_id);
    const size_t n = examinations.size();
    if (!terminal.Confirm(absl::StrCat("Invite ", WithCommas(candidates->size()), " candidates to ",
                                       n, n == 1 ? " examination?" : " examinations?"))) {
      return terminal.FailUsage("nothing was sent");
    }
  }
  return Run(session, options, *std::move(candidates)).All();
}

}  // namespace concero::command
