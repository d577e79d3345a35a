// The FakeClient's lists and reports, and the calls that stream.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/library/fake_ledger.h"
#include "client/library/item_check.h"
#include "client/library/proto_time.h"
#include "client/library/unanswered.h"
#include "concero_gateway/fake_client.h"

namespace concero {
namespace {

absl::Time EndOf(const CallOptions& options) {
  const bool ends = options.timeout > absl::ZeroDuration();
  return ends ? absl::Now() + options.timeout : absl::InfiniteFuture();
}

// Until `done`; else CANCELLED or DEADLINE_EXCEEDED.
template <class Done>
absl::Status AwaitChange(std::condition_variable_any& changed, std::unique_lock<std::mutex>& lock,
                         absl::Time end, const CallOptions& options, Done done) {
  const bool is_done =
      end == absl::InfiniteFuture()
          ? changed.wait(lock, options.cancel, done)
          : changed.wait_until(lock, options.cancel, absl::ToChronoTime(end), done);
  if (is_done) return absl::OkStatus();
  if (options.cancel.stop_requested()) return absl::CancelledError("cancelled by the caller");
  return absl::DeadlineExceededError("the deadline passed");
}

const v1::Examination* FindExamination(const std::vector<v1::Examination>& list, int64_t id) {
  const auto found = std::find_if(list.begin(), list.end(),
                                  [&](const v1::Examination& e) { return e.id() == id; });
  return found == list.end() ? nullptr : &*found;
}

v1::ExaminationsChange ChangeBetween(const std::vector<v1::Examination>& before,
                                     const std::vector<v1::Examination>& now) {
  v1::ExaminationsChange change;
  for (const v1::Examination& examination : now) {
    const v1::Examination* known = FindExamination(before, examination.id());
    if (known == nullptr) *change.add_added() = examination;
    if (known != nullptr && known->name() != examination.name()) {
      *change.add_renamed() = examination;
    }
  }
  for (const v1::Examination& examination : before) {
    if (FindExamination(now, examination.id()) == nullptr) {
      change.add_removed_ids(examination.id());
    }
  }
  return change;
}

bool AreSame(const std::vector<v1::Examination>& a, const std::vector<v1::Examination>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const v1::Examination& one, const v1::Examination& other) {
                      return one.id() == other.id() && one.name() == other.name();
                    });
}

bool IsSame(const v1::Report& a, const v1::Report& b) {
  return a.SerializeAsString() == b.SerializeAsString();
}

}  // namespace

void FakeClient::SetExaminations(std::vector<v1::Examination> examinations) {
  std::lock_guard lock(mutex_);
  // The version is the content's, as the gateway's.
  std::string version = absl::StrCat("version-", lists_.size() + 1);
  for (const Examinations& list : lists_) {
    if (AreSame(list.examinations, examinations)) version = list.version;
  }
  lists_.push_back({std::move(examinations), absl::Now(), false, std::move(version)});
  has_examinations_ = true;
  changed_.notify_all();
}

void FakeClient::SetReport(const v1::Report& report) {
  std::lock_guard lock(mutex_);
  reports_[report.invite_id()] = report;
  changed_.notify_all();
}

absl::StatusOr<Examinations> FakeClient::ListExaminations(std::optional<absl::Duration>,
                                                          const CallOptions& options) {
  std::lock_guard lock(mutex_);
  if (auto status = Begin(Method::kListExaminations, options); !status.ok()) return status;
  return lists_.back();
}

v1::WatchExaminationsResponse FakeClient::UpdateSince(const std::string& known_version) const {
  const Examinations& now = lists_.back();
  v1::WatchExaminationsResponse update;
  const auto known = std::find_if(lists_.begin(), lists_.end(), [&](const Examinations& list) {
    return list.version == known_version;
  });
  if (known == lists_.end()) {
    update.mutable_snapshot()->mutable_examinations()->Add(now.examinations.begin(),
                                                           now.examinations.end());
  } else {
    *update.mutable_change() = ChangeBetween(known->examinations, now.examinations);
  }
  *update.mutable_fetch_time() = ToProto(now.fetch_time);
  update.set_version(now.version);
  return update;
}

absl::Status FakeClient::WatchExaminations(
    const std::string& known_version,
    const std::function<bool(const v1::WatchExaminationsResponse&)>& on_update,
    const CallOptions& options) {
  const absl::Time end = EndOf(options);
  std::unique_lock lock(mutex_);
  if (auto status = Begin(Method::kWatchExaminations, options); !status.ok()) return status;
  for (std::string known = known_version;;) {
    // Who knows the latest is told nothing until it changes.
    const auto status =
        AwaitChange(changed_, lock, end, options, [&] { return lists_.back().version != known; });
    if (!status.ok()) return status;
    const auto update = UpdateSince(known);
    known = update.version();
    lock.unlock();
    if (!on_update(update)) return absl::OkStatus();
    lock.lock();
  }
}

absl::StatusOr<v1::Report> FakeClient::ReportOf(int64_t invite_id) const {
  const auto set = reports_.find(invite_id);
  if (set != reports_.end()) return set->second;
  const auto invited = ledger_->GetByInvite(invite_id, "");
  if (!invited.ok()) return MakeFailure(gateway::v1::REASON_UPSTREAM_NOT_FOUND);
  v1::Report report;
  report.set_invite_id(invite_id);
  report.set_examination_id(invited->examination_id());
  report.set_candidate_email(invited->candidate_email());
  return report;
}

absl::StatusOr<v1::Report> FakeClient::GetReport(int64_t invite_id, const CallOptions& options) {
  std::lock_guard lock(mutex_);
  if (auto status = Begin(Method::kGetReport, options); !status.ok()) return status;
  return ReportOf(invite_id);
}

absl::Status FakeClient::WatchReport(int64_t invite_id, std::optional<absl::Duration>,
                                     const std::function<bool(const v1::Report&)>& on_report,
                                     const CallOptions& options) {
  const absl::Time end = EndOf(options);
  std::unique_lock lock(mutex_);
  if (auto status = Begin(Method::kWatchReport, options); !status.ok()) return status;
  while (true) {
    const auto report = ReportOf(invite_id);
    if (!report.ok()) return report.status();
    lock.unlock();
    const bool goes_on = on_report(*report);
    if (!goes_on || (report->has_end_time() && !report->upstream_status().empty())) {
      return absl::OkStatus();
    }
    lock.lock();
    const auto status = AwaitChange(changed_, lock, end, options, [&] {
      const auto now = ReportOf(invite_id);
      return !now.ok() || !IsSame(*now, *report);
    });
    if (!status.ok()) return status;
  }
}

absl::Status FakeClient::AllocateMany(const NextIntent& next, const OnResult& on_result,
                                      const AllocateManyOptions& many, const CallOptions& options) {
  if (many.max_unanswered < 1) {
    return absl::InvalidArgumentError("max_unanswered: must be above zero");
  }
  if (many.attempts < 1) return absl::InvalidArgumentError("attempts: must be above zero");
  Unanswered unanswered(many.attempts, [] { return uint64_t{0}; });
  while (!options.cancel.stop_requested()) {
    const std::optional<Intent> intent = next();
    if (!intent) return absl::OkStatus();
    if (const absl::Status bad = CheckItem(*intent); !bad.ok()) {
      on_result(*intent, bad);
      continue;
    }
    unanswered.Add(*intent);
    while (const auto due = unanswered.TakeDue(Moment::max())) {
      const auto answered = unanswered.Answer(due->first, Allocate(due->second, options), Moment());
      if (answered) on_result(answered->intent, answered->result);
    }
  }
  return absl::CancelledError("cancelled by the caller");
}

}  // namespace concero
