#include "tests/bench/overload_load.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace gw::bench {
namespace {

using Steady = std::chrono::steady_clock;

constexpr int kChannels = 4;
constexpr std::chrono::seconds kDeadline{5};
constexpr int64_t kExamination = 119;

enum class End { kOk, kRefused, kFailed };

struct Sample {
  Steady::time_point planned, begun, ended;
  End end = End::kFailed;
};

struct Call {
  grpc::ClientContext context;
  concero::v1::GetReportResponse response;
};

double Millis(Steady::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

double Rank(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  const auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(values.size()))) - 1;
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(rank),
                   values.end());
  return values[rank];
}

bool IsRefusal(const grpc::Status& status) {
  if (status.error_code() != grpc::StatusCode::RESOURCE_EXHAUSTED) return false;
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return false;
  bool overloaded = false;
  bool says_when = false;
  for (const auto& detail : details.details()) {
    google::rpc::ErrorInfo info;
    if (detail.UnpackTo(&info)) overloaded = info.reason() == "OVERLOADED";
    if (detail.Is<google::rpc::RetryInfo>()) says_when = true;
  }
  return overloaded && says_when;
}

/// The calls of one round. Everybody writes only the sample of the own call.
class Round {
 public:
  explicit Round(std::vector<Steady::time_point> plan) : samples_(plan.size()) {
    for (size_t i = 0; i < plan.size(); ++i) samples_[i].planned = plan[i];
    left_ = samples_.size();
  }

  std::vector<Sample>& samples() { return samples_; }
  const std::string& first_failure() const { return first_failure_; }

  void Ended(size_t index, const grpc::Status& status) {
    Sample& sample = samples_[index];
    sample.ended = Steady::now();
    sample.end = status.ok() ? End::kOk : IsRefusal(status) ? End::kRefused : End::kFailed;
    std::lock_guard lock(mutex_);
    if (sample.end == End::kFailed && first_failure_.empty()) {
      first_failure_ = std::to_string(status.error_code()) + ": " + status.error_message();
    }
    if (--left_ == 0) all_ended_.notify_all();
  }
  void Wait() {
    std::unique_lock lock(mutex_);
    all_ended_.wait(lock, [this] { return left_ == 0; });
  }

 private:
  std::vector<Sample> samples_;
  std::mutex mutex_;
  std::condition_variable all_ended_;
  size_t left_;
  std::string first_failure_;
};

std::vector<Steady::time_point> Plan(double per_second, std::chrono::seconds duration) {
  std::mt19937_64 random(20240715);
  std::exponential_distribution<double> gap(per_second);
  std::vector<Steady::time_point> plan;
  const auto start = Steady::now() + std::chrono::milliseconds(10);
  std::chrono::duration<double> at(gap(random));
  while (at < duration) {
    plan.push_back(start + std::chrono::duration_cast<Steady::duration>(at));
    at += std::chrono::duration<double>(gap(random));
  }
  return plan;
}

LoadResult Summary(Round& round, Steady::time_point counts_from, double seconds) {
  LoadResult result;
  std::vector<double> accepted, refused, late;
  for (const Sample& sample : round.samples()) {
    result.ok += sample.end == End::kOk;
    result.failed += sample.end == End::kFailed;
    if (sample.planned < counts_from) continue;
    late.push_back(Millis(sample.begun - sample.planned));
    const double took = Millis(sample.ended - sample.planned);
    if (sample.end == End::kOk) accepted.push_back(took);
    if (sample.end == End::kRefused) refused.push_back(took);
  }
  result.offered = static_cast<double>(late.size()) / seconds;
  result.goodput = static_cast<double>(accepted.size()) / seconds;
  result.refused = static_cast<double>(refused.size()) / seconds;
  result.of_accepted = {Rank(accepted, 0.5), Rank(accepted, 0.99)};
  result.of_refused = {Rank(refused, 0.5), Rank(refused, 0.99)};
  result.late = Rank(late, 0.99);
  result.first_failure = round.first_failure();
  return result;
}

}  // namespace

OverloadLoad::OverloadLoad(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  for (int i = 0; i < kChannels; ++i) {
    stubs_.push_back(concero::v1::AssessmentService::NewStub(
        grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments)));
  }
  concero::v1::AllocateCandidateRequest wanted;
  wanted.set_examination_id(kExamination);
  wanted.set_candidate_email("candidate@bench.example");
  concero::v1::AllocateCandidateResponse made;
  grpc::ClientContext context;
  const grpc::Status status = stubs_[0]->AllocateCandidate(&context, wanted, &made);
  if (!status.ok()) problem_ = status.error_message();
  request_.set_invite_id(made.allocation().invite_id());
}

LoadResult OverloadLoad::Run(double per_second, std::chrono::seconds duration,
                             std::chrono::seconds warm_up) {
  Round round(Plan(per_second, duration));
  std::vector<Sample>& samples = round.samples();
  const auto counts_from = samples.front().planned + warm_up;
  for (size_t i = 0; i < samples.size(); ++i) {
    std::this_thread::sleep_until(samples[i].planned);
    samples[i].begun = Steady::now();
    auto call = std::make_shared<Call>();
    call->context.set_deadline(std::chrono::system_clock::now() + kDeadline);
    stubs_[i % stubs_.size()]->async()->GetReport(
        &call->context, &request_, &call->response,
        [call, &round, i](const grpc::Status& status) { round.Ended(i, status); });
  }
  round.Wait();
  return Summary(round, counts_from, static_cast<double>((duration - warm_up).count()));
}

}  // namespace gw::bench
