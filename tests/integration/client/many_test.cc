// AllocateMany.
#include <algorithm>
#include <thread>

#include "tests/integration/client/scripted_gateway.h"

namespace concero {
namespace {

using ManyRequest = v1::AllocateCandidatesRequest;
using ManyResponse = v1::AllocateCandidatesResponse;

// Answers as the ledger does, and counts.
class ManyLedger {
 public:
  ManyResponse Answer(const ManyRequest& item) {
    std::lock_guard lock(mutex_);
    const auto [row, is_new] =
        payloads_.emplace(item.request().request_id(), item.request().candidate_email());
    EXPECT_EQ(row->second, item.request().candidate_email()) << "an id is of one candidate";
    ++received_;
    ManyResponse response;
    response.set_item_id(item.item_id());
    response.mutable_response()->set_replayed(!is_new);
    response.mutable_response()->mutable_allocation()->set_request_id(row->first);
    return response;
  }
  size_t invited() const {
    std::lock_guard lock(mutex_);
    return payloads_.size();
  }
  int received() const {
    std::lock_guard lock(mutex_);
    return received_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> payloads_;
  int received_ = 0;
};

// Intents for one AllocateMany, and what became of each.
class ClientMany : public ::testing::Test {
 protected:
  void MakeIntents(int count) {
    for (int i = 0; i < count; ++i) {
      intents_.emplace_back(119, "candidate" + std::to_string(i) + "@example.com");
    }
  }
  absl::Status Run(const AllocateManyOptions& many = {}, CallOptions options = {}) {
    // Not for ever, when what is tested is broken.
    if (options.timeout == absl::ZeroDuration()) options.timeout = absl::Seconds(20);
    return ClientOf(gateway_.address())
        ->AllocateMany(
            [this]() -> std::optional<Intent> {
              if (next_ == intents_.size()) return std::nullopt;
              return intents_[next_++];
            },
            [this](const Intent& intent, const auto& result) {
              EXPECT_EQ(results_.count(intent.request_id()), 0u) << "one result for each";
              results_[intent.request_id()] = result.status();
              if (result.ok()) {
                EXPECT_EQ(result->allocation().request_id(), intent.request_id());
                ++succeeded_;
              }
              if (on_result_) on_result_();
            },
            many, options);
  }
  static grpc::Status ServeAll(ManyLedger& ledger, ScriptedGateway::ManyStream& stream) {
    for (ManyRequest item; stream.Read(&item);) stream.Write(ledger.Answer(item));
    return grpc::Status::OK;
  }

  ManyLedger ledger_;
  std::vector<Intent> intents_;
  size_t next_ = 0;
  std::map<std::string, absl::Status> results_;
  int succeeded_ = 0;
  std::function<void()> on_result_;
  ScriptedGateway gateway_;  // the first to go: its scripts use the rest
};

TEST_F(ClientMany, GivesEachIntentItsResult) {
  gateway_.many = [&](int, auto*, auto& stream) { return ServeAll(ledger_, stream); };
  MakeIntents(2000);
  EXPECT_EQ(Run(), absl::OkStatus());
  EXPECT_EQ(succeeded_, 2000);
  EXPECT_EQ(results_.size(), 2000u);
  EXPECT_EQ(ledger_.invited(), 2000u);
  EXPECT_EQ(ledger_.received(), 2000);
  EXPECT_EQ(gateway_.calls(), 1);
}

TEST_F(ClientMany, CallsNobodyWithoutAnIntent) {
  EXPECT_EQ(Run(), absl::OkStatus());
  EXPECT_EQ(gateway_.calls(), 0);
}

TEST_F(ClientMany, WhatNoMessageCarriesFailsAloneAndIsNotSent) {
  gateway_.many = [&](int, auto*, auto& stream) { return ServeAll(ledger_, stream); };
  MakeIntents(300);
  const Intent latin(119, "m\xfcller@example.com"), id(119, "a@example.com", "order-\xff");
  const Intent huge(119, std::string(300'000, 'a') + "@example.com");
  for (const Intent& bad : {latin, id, huge}) intents_.insert(intents_.begin() + 100, bad);
  EXPECT_EQ(Run({.max_unanswered = 10}), absl::OkStatus());
  EXPECT_EQ(succeeded_, 300);
  EXPECT_EQ(ledger_.received(), 300);
  EXPECT_EQ(results_.size(), 303u);
  for (const Intent& bad : {latin, id, huge}) {
    const absl::Status& result = results_[bad.request_id()];
    EXPECT_EQ(ReasonOf(result), gateway::v1::REASON_INVALID_FIELD) << result;
    EXPECT_EQ(FieldViolationsOf(result).size(), 1u);
  }
  EXPECT_EQ(FieldViolationsOf(results_[latin.request_id()])[0].field, "candidate_email");
  EXPECT_EQ(MetadataOf(results_[latin.request_id()], "request_id"), latin.request_id());
  EXPECT_EQ(FieldViolationsOf(results_[id.request_id()])[0].field, "request_id");
}

TEST_F(ClientMany, MoreOfThemThanMayBeUnansweredHoldNobodyUp) {
  gateway_.many = [&](int, auto*, auto& stream) { return ServeAll(ledger_, stream); };
  MakeIntents(2);
  for (int i = 0; i < 20; ++i) {
    intents_.insert(intents_.begin() + 1, Intent(119, "\xff@example.com"));
  }
  EXPECT_EQ(Run({.max_unanswered = 1}), absl::OkStatus());
  EXPECT_EQ(succeeded_, 2);
  EXPECT_EQ(results_.size(), 22u);
  EXPECT_EQ(ledger_.received(), 2);
}

TEST_F(ClientMany, WithNothingElseNobodyIsCalled) {
  intents_.emplace_back(119, "\xff@example.com");
  EXPECT_EQ(Run(), absl::OkStatus());
  EXPECT_EQ(results_.size(), 1u);
  EXPECT_EQ(gateway_.calls(), 0);
}

TEST_F(ClientMany, RefusesOptionsThatAreNone) {
  MakeIntents(1);
  EXPECT_EQ(Run({.max_unanswered = 0}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Run({.attempts = 0}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(next_, 0u);
}

TEST_F(ClientMany, SendsWhatHasNoResultAgainWhenTheStreamBreaks) {
  const grpc::Status kBreaks[] = {OnTheWire(gateway::v1::REASON_SHUTTING_DOWN),
                                  {grpc::StatusCode::UNAVAILABLE, "socket closed"},
                                  {grpc::StatusCode::ABORTED, "by a proxy"},
                                  {grpc::StatusCode::UNKNOWN, "stream removed"},
                                  grpc::Status::OK};
  gateway_.many = [&](int before, auto*, auto& stream) {
    if (before == std::ssize(kBreaks)) return ServeAll(ledger_, stream);
    ManyRequest item;
    for (int i = 0; i < 20 && stream.Read(&item); ++i) {
      const ManyResponse answer = ledger_.Answer(item);
      if (i % 2 == 0) stream.Write(answer);  // the other half is executed, and its answer lost
    }
    return kBreaks[before];
  };
  MakeIntents(200);
  EXPECT_EQ(Run({.max_unanswered = 50}), absl::OkStatus());
  EXPECT_EQ(succeeded_, 200);
  EXPECT_EQ(ledger_.invited(), 200u) << "each once, whatever was sent again";
  EXPECT_GT(ledger_.received(), 200);
  EXPECT_EQ(gateway_.calls(), 6);
}

TEST_F(ClientMany, SurvivesAGatewayThatIsStartedAgain) {
  gateway_.many = [&](int before, auto* context, auto& stream) {
    if (before > 0) return ServeAll(ledger_, stream);
    ManyRequest item;
    for (int i = 0; i < 30 && stream.Read(&item); ++i) stream.Write(ledger_.Answer(item));
    AwaitCancel(context);
    return grpc::Status::OK;
  };
  MakeIntents(100);
  std::thread restart;
  on_result_ = [&] {
    if (results_.size() != 30) return;
    restart = std::thread([&] {
      gateway_.Stop();
      gateway_.Start();
    });
  };
  EXPECT_EQ(Run(), absl::OkStatus());
  restart.join();
  EXPECT_EQ(succeeded_, 100);
  EXPECT_EQ(ledger_.invited(), 100u);
}

TEST_F(ClientMany, NeverHasMoreUnansweredThanItMay) {
  std::atomic<int> most = 0;
  gateway_.many = [&](int, auto*, auto& stream) {
    std::vector<ManyRequest> items;
    for (ManyRequest item; stream.Read(&item);) {
      items.push_back(item);
      most = std::max<int>(most, static_cast<int>(items.size()));
      if (items.size() < 10) continue;  // as many as there may be: no more come before an answer
      for (const ManyRequest& held : items) stream.Write(ledger_.Answer(held));
      items.clear();
    }
    return grpc::Status::OK;
  };
  MakeIntents(200);
  size_t taken_ahead = 0;
  on_result_ = [&] {
    // A slow reader: the results wait, and so does the sender.
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    taken_ahead = std::max(taken_ahead, static_cast<size_t>(ledger_.received()) - results_.size());
  };
  EXPECT_EQ(Run({.max_unanswered = 10}), absl::OkStatus());
  EXPECT_EQ(succeeded_, 200);
  EXPECT_EQ(most, 10);
  EXPECT_LE(taken_ahead, 10u);
}

constexpr char kRateLimitedTwice[] = "candidate0@example.com";
constexpr char kUnavailable[] = "candidate1@example.com";
constexpr char kInDoubt[] = "candidate2@example.com";
constexpr char kInProgressOnce[] = "candidate3@example.com";

absl::Status FailureFor(const std::string& email, int sent_before) {
  const FailureDetails soon = {.retry_delay = absl::Milliseconds(20)};
  if (email == kRateLimitedTwice && sent_before < 2) {
    return MakeFailure(gateway::v1::REASON_UPSTREAM_RATE_LIMITED, soon);
  }
  if (email == kUnavailable) return MakeFailure(gateway::v1::REASON_UPSTREAM_UNAVAILABLE, soon);
  if (email == kInDoubt) return MakeFailure(gateway::v1::REASON_ALLOCATION_IN_DOUBT);
  if (email == kInProgressOnce && sent_before == 0) {
    return MakeFailure(gateway::v1::REASON_ALLOCATION_IN_PROGRESS);
  }
  return absl::OkStatus();
}

TEST_F(ClientMany, RepeatsItemsThatAskForItAndNoneThatIsInDoubt) {
  Seen<std::string> sent;
  gateway_.many = [&](int, auto*, auto& stream) {
    for (ManyRequest item; stream.Read(&item);) {
      const std::string& email = item.request().candidate_email();
      const auto before = sent.all();
      sent.Add(email);
      const absl::Status failure =
          FailureFor(email, static_cast<int>(std::count(before.begin(), before.end(), email)));
      ManyResponse response = ledger_.Answer(item);
      if (!failure.ok()) *response.mutable_error() = ToProto(failure);
      stream.Write(response);
    }
    return grpc::Status::OK;
  };
  MakeIntents(5);
  EXPECT_EQ(Run(), absl::OkStatus());
  EXPECT_EQ(results_.size(), 5u);
  EXPECT_EQ(succeeded_, 3);
  std::map<std::string, int> counts;
  for (const std::string& email : sent.all()) ++counts[email];
  EXPECT_EQ(counts, (std::map<std::string, int>{{kRateLimitedTwice, 3},
                                                {kUnavailable, 4},
                                                {kInDoubt, 1},
                                                {kInProgressOnce, 2},
                                                {"candidate4@example.com", 1}}));
  EXPECT_EQ(ReasonOf(results_[intents_[1].request_id()]), gateway::v1::REASON_UPSTREAM_UNAVAILABLE);
  EXPECT_TRUE(IsInDoubt(results_[intents_[2].request_id()]));
  EXPECT_EQ(gateway_.calls(), 1);
}

TEST_F(ClientMany, GivesUpOnAGatewayThatStaysAway) {
  gateway_.Start();
  gateway_.Stop();
  MakeIntents(3);
  const absl::Status status = Run({.give_up_after = absl::Milliseconds(300)});
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(results_.size(), next_);
  EXPECT_GT(next_, 0u);
  for (const auto& [id, result] : results_) EXPECT_EQ(result, status);
}

TEST_F(ClientMany, ReturnsWhatNoRepeatHelpsAgainst) {
  gateway_.many = [](auto&&...) { return OnTheWire(gateway::v1::REASON_CALLER_NOT_ALLOWED); };
  MakeIntents(3);
  const absl::Status status = Run();
  EXPECT_EQ(ReasonOf(status), gateway::v1::REASON_CALLER_NOT_ALLOWED);
  EXPECT_EQ(results_.size(), next_);
  EXPECT_EQ(gateway_.calls(), 1);
}

TEST_F(ClientMany, EndsWhenItIsCancelledAndTellsAllThatWereTaken) {
  gateway_.many = [&](int, auto* context, auto& stream) {
    ManyRequest item;
    for (int i = 0; i < 5 && stream.Read(&item); ++i) stream.Write(ledger_.Answer(item));
    AwaitCancel(context);
    return grpc::Status::OK;
  };
  MakeIntents(100);
  std::stop_source stop;
  on_result_ = [&] {
    if (results_.size() == 5) stop.request_stop();
  };
  const absl::Status status = Run({.max_unanswered = 20}, {.cancel = stop.get_token()});
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(succeeded_, 5);
  EXPECT_EQ(results_.size(), next_);
  EXPECT_LE(next_, 25u);
  for (size_t i = 5; i < next_; ++i) EXPECT_EQ(results_[intents_[i].request_id()], status);
}

TEST_F(ClientMany, EndsAtItsDeadline) {
  gateway_.many = [](int, auto* context, auto&) {
    AwaitCancel(context);
    return grpc::Status::OK;
  };
  MakeIntents(3);
  EXPECT_EQ(Run({}, {.timeout = absl::Milliseconds(200)}).code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(results_.size(), next_);
}

}  // namespace
}  // namespace concero
