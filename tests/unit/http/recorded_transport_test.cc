#include "service/http/recorded_transport.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "tests/support/fake_transport.h"
#include "tests/support/fakes.h"

namespace gw::http {
namespace {

using testing::Answered;
using testing::Broken;

class RecordedTransportTest : public ::testing::Test {
 protected:
  Request WithRecord() {
    Request request;
    request.target = "/report";
    request.record = record_;
    return request;
  }

  std::vector<Outcome> outcomes_;  // outlives the transport, which drops what still waits
  testing::FakeClock clock_;
  testing::FakeRandom random_;
  const observe::KeyedHash hash_{Secret("a-key")};
  const observe::CallRecordPtr record_ =
      std::make_shared<observe::CallRecord>("r-1", std::nullopt, hash_, clock_, random_);
  testing::FakeTransport inner_;
  RecordedTransport transport_{inner_};
  Completion Collect() {
    return [this](Outcome outcome) { outcomes_.push_back(std::move(outcome)); };
  }
};

TEST_F(RecordedTransportTest, CountsARequestWhenItLeaves) {
  transport_.Start(WithRecord(), Collect());
  EXPECT_EQ(record_->attempts(), 0);
  EXPECT_TRUE(inner_.request(0).before_send());
  EXPECT_EQ(record_->attempts(), 1);
  transport_.Start(WithRecord(), Collect());
  EXPECT_TRUE(inner_.request(1).before_send());
  EXPECT_EQ(record_->attempts(), 2);
}

TEST_F(RecordedTransportTest, PassesTheTraceOfTheCallOn) {
  const std::string traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  Request request = WithRecord();
  request.headers = {{"Accept", "application/json"}};
  request.record = std::make_shared<observe::CallRecord>(
      "r-1", observe::ParseTraceparent(traceparent), hash_, clock_, random_);
  transport_.Start(std::move(request), Collect());
  ASSERT_EQ(inner_.request(0).headers.size(), 2u);
  EXPECT_EQ(inner_.request(0).headers[1].name, "traceparent");
  EXPECT_EQ(inner_.request(0).headers[1].value, traceparent);
  transport_.Start(WithRecord(), Collect());
  EXPECT_TRUE(inner_.request(1).headers.empty()) << "of no trace";
}

TEST_F(RecordedTransportTest, DoesNotCountARequestThatMayNotLeave) {
  Request request = WithRecord();
  request.before_send = [] { return false; };
  transport_.Start(std::move(request), Collect());
  EXPECT_FALSE(inner_.request(0).before_send());
  EXPECT_EQ(record_->attempts(), 0);
}

TEST_F(RecordedTransportTest, AsksWhetherARequestMayLeaveOnce) {
  int asked = 0;
  Request request = WithRecord();
  request.before_send = [&] { return ++asked > 0; };
  transport_.Start(std::move(request), Collect());
  EXPECT_TRUE(inner_.request(0).before_send());
  EXPECT_EQ(asked, 1);
}

TEST_F(RecordedTransportTest, KeepsTheStatusOfTheLastAnswer) {
  for (const int status : {503, 404}) {
    inner_.PrepareAnswer(Answered(status));
    transport_.Start(WithRecord(), Collect());
    EXPECT_EQ(record_->upstream_status(), status);
  }
  inner_.PrepareAnswer(Broken(ErrorKind::kTimeout));
  transport_.Start(WithRecord(), Collect());
  EXPECT_EQ(record_->upstream_status(), 404);
  EXPECT_EQ(outcomes_.size(), 3u);
}

TEST_F(RecordedTransportTest, HandsARequestOfNoCallOverAsItIs) {
  transport_.Start(Request(), Collect());
  EXPECT_FALSE(inner_.request(0).before_send);
  inner_.Answer(0, Answered(200));
  ASSERT_EQ(outcomes_.size(), 1u);
  EXPECT_EQ(std::get<Response>(outcomes_[0]).status, 200);
}

}  // namespace
}  // namespace gw::http
