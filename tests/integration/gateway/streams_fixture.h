// What the tests of streams start from.
#pragma once

#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/integration/gateway/allocations_fixture.h"

namespace gw::testing {

/// A caller of a stream that only listens. Takes what is said as it comes. Thread safety: any
/// thread. Outlives its call.
template <class Request, class Response>
class Watcher final : public grpc::ClientReadReactor<Response> {
 public:
  /// `start`: `stub.async()->WatchThis(context, request, reactor)`.
  template <class Start>
  Watcher(Request request, const Start& start) : request_(std::move(request)) {
    start(&context_, &request_, this);
    this->StartRead(&said_);
    this->StartCall();
  }
  ~Watcher() override {
    context_.TryCancel();
    AwaitEnd();
  }

  /// The `n`-th message, from 0 on, when it is there; the test fails when the stream ends before.
  Response Await(size_t n) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return heard_.size() > n || status_; });
    EXPECT_GT(heard_.size(), n) << "ended before: " << (status_ ? status_->error_message() : "");
    return heard_.size() > n ? heard_[n] : Response();
  }
  grpc::Status AwaitEnd() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return status_.has_value(); });
    return *status_;
  }
  size_t heard() {
    std::lock_guard lock(mutex_);
    return heard_.size();
  }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return;
    {
      std::lock_guard lock(mutex_);
      heard_.push_back(said_);
      changed_.notify_all();
    }
    this->StartRead(&said_);
  }
  void OnDone(const grpc::Status& status) override {
    std::lock_guard lock(mutex_);
    status_ = status;
    changed_.notify_all();
  }

  grpc::ClientContext context_;
  const Request request_;
  Response said_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Response> heard_;
  std::optional<grpc::Status> status_;
};

using ListWatcher = Watcher<pb::WatchExaminationsRequest, pb::WatchExaminationsResponse>;
using ReportWatcher = Watcher<pb::WatchReportRequest, pb::WatchReportResponse>;

inline std::unique_ptr<ListWatcher> WatchList(pb::AssessmentService::Stub& stub,
                                              const std::string& known = "") {
  pb::WatchExaminationsRequest request;
  request.set_known_version(known);
  return std::make_unique<ListWatcher>(
      request, [&](auto... arguments) { stub.async()->WatchExaminations(arguments...); });
}

inline std::unique_ptr<ReportWatcher> WatchReport(pb::AssessmentService::Stub& stub,
                                                  int64_t invite_id) {
  pb::WatchReportRequest request;
  request.set_invite_id(invite_id);
  return std::make_unique<ReportWatcher>(
      request, [&](auto... arguments) { stub.async()->WatchReport(arguments...); });
}

/// How much of its memory is in the machine's, in KiB.
inline long ResidentKib(const GatewayProcess& gateway) {
  std::ifstream statm(absl::StrCat("/proc/", gateway.pid(), "/statm"));
  long total = 0, resident = 0;
  statm >> total >> resident;
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/// `candidate-7@company.io`.
inline std::string Candidate(int i) { return absl::StrCat("candidate-", i, "@company.io"); }

/// Item `i`, always the same.
inline pb::AllocateCandidatesRequest ItemOf(int i) {
  pb::AllocateCandidatesRequest item;
  item.set_item_id(std::to_string(i));
  *item.mutable_request() = Wanted(absl::StrCat("order-", i), Candidate(i));
  return item;
}

/// One AllocateCandidates. Says items on a thread of its own; results are read when the test likes.
class Exchange {
 public:
  /// Items `begin` to `end` - 1.
  Exchange(pb::AssessmentService::Stub& stub, int begin, int end)
      : stream_(stub.AllocateCandidates(&context_)), writer_([this, begin, end] {
          for (int i = begin; i < end; ++i) {
            if (!stream_->Write(ItemOf(i))) return;
            ++written_;
          }
          stream_->WritesDone();
        }) {}
  ~Exchange() {
    if (writer_.joinable()) Cancel();
  }

  /// The next result; none: there are no more.
  std::optional<pb::AllocateCandidatesResponse> Read() {
    pb::AllocateCandidatesResponse result;
    if (!stream_->Read(&result)) return std::nullopt;
    return result;
  }
  /// Reads until the end; how often each item was told of is added to `told`.
  grpc::Status ReadAll(std::map<std::string, int>& told) {
    while (const auto result = Read()) {
      EXPECT_TRUE(result->has_response()) << result->error().message();
      ++told[result->item_id()];
    }
    return Finish();
  }
  grpc::Status Finish() {
    writer_.join();
    return stream_->Finish();
  }
  void Cancel() {
    context_.TryCancel();
    while (Read()) continue;
    Finish();
  }
  int written() const { return written_; }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<
      grpc::ClientReaderWriter<pb::AllocateCandidatesRequest, pb::AllocateCandidatesResponse>>
      stream_;
  std::atomic<int> written_{0};
  std::thread writer_;
};

class StreamsTest : public AllocationsTest {
 protected:
  /// Concero's list from now on, of ids from 1 on.
  void SetList(const std::vector<std::string>& names) {
    nlohmann::json list = nlohmann::json::array();
    for (const std::string& name : names) {
      list.push_back({{"testId", list.size() + 1}, {"testName", name}});
    }
    sandbox_.SetFaults(nlohmann::json::array({{{"path", "/api/v1/examinations"},
                                               {"status", 200},
                                               {"headers", {{"Content-Type", "application/json"}}},
                                               {"body", list.dump()}}}));
  }
  /// How often each candidate was allocated, as Concero has executed it.
  std::map<std::string, int> Executed() {
    std::map<std::string, int> executed;
    const nlohmann::json journal = sandbox_.Journal();
    for (const auto& request : journal.at("requests")) {
      if (request["path"] != std::string("/api/v1") + kPosts || !request["executed"]) continue;
      const auto body = nlohmann::json::parse(request["body"].get<std::string>());
      ++executed[body.dump()];
    }
    return executed;
  }
};

/// No one more than once.
inline void ExpectNoDouble(const std::map<std::string, int>& executed) {
  for (const auto& [who, times] : executed) EXPECT_EQ(times, 1) << who;
}

}  // namespace gw::testing
