// Every way to fail at every moment of a request's life, plain and over TLS: what the engine says
// of it, and what it must never say: that nothing was sent of a request that the server has read.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stop_token>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/integration/http/tls_fixture.h"

namespace gw::testing {
namespace {

using http::ErrorKind;
using http::Phase;

// Real time, and a jump that a test makes when it wants timeouts to be due.
class JumpingClock : public Clock {
 public:
  Instant Now() override { return SystemClock().Now() + absl::Hours(jumps_.load()); }
  absl::Time WallNow() override { return SystemClock().WallNow(); }
  void JumpOneHour() { ++jumps_; }

 private:
  std::atomic<int> jumps_{0};
};

// How far the request has come: what the server has done when the failure strikes.
struct Moment {
  const char* name;
  Phase phase;
  bool reads_body;     // else nothing of a body that fits into no socket buffer
  std::string answer;  // the part that it has written
};

const Moment kMoments[] = {
    {"PartlyWritten", Phase::kPartlyWritten, false, ""},
    {"AllWritten", Phase::kWritten, true, ""},
    {"PartOfTheStatusLineRead", Phase::kWritten, true, "HTTP/1.1 2"},
    {"InterimAnswerRead", Phase::kAnswering, true, "HTTP/1.1 102 Wait\r\n\r\n"},
    {"PartOfTheHeadRead", Phase::kAnswering, true, "HTTP/1.1 200 OK\r\nContent-Le"},
    {"HeadRead", Phase::kAnswering, true, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"},
    {"PartOfTheBodyRead", Phase::kAnswering, true,
     "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart"},
    {"PartOfAChunkRead", Phase::kAnswering, true,
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\npart"},
    {"WholeChunkRead", Phase::kAnswering, true,
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n"},
    {"HeadOfABodyWithoutLengthRead", Phase::kAnswering, true, "HTTP/1.1 200 OK\r\n\r\n"},
    {"PartOfABodyWithoutLengthRead", Phase::kAnswering, true, "HTTP/1.1 200 OK\r\n\r\npart"},
};
constexpr size_t kUnbuffered = size_t{24} << 20;

enum class Strike { kClose, kCut, kReset, kTimeout, kDeadline, kCancel, kStop };
struct Failure {
  const char* name;
  Strike strike;
  ErrorKind kind;
  bool by_peer;
};
constexpr Failure kFailures[] = {
    {"PeerCloses", Strike::kClose, ErrorKind::kConnectionLost, true},
    {"PeerClosesWithoutCloseNotify", Strike::kCut, ErrorKind::kConnectionLost, true},
    {"PeerResets", Strike::kReset, ErrorKind::kConnectionLost, true},
    {"Timeout", Strike::kTimeout, ErrorKind::kTimeout, false},
    {"Deadline", Strike::kDeadline, ErrorKind::kDeadline, false},
    {"Cancel", Strike::kCancel, ErrorKind::kCancelled, false},
    {"Stop", Strike::kStop, ErrorKind::kShutdown, false},
};

struct Case {
  const Moment* moment;
  const Failure* failure;
  bool tls;
  bool kept;  // the connection has been used before
};

std::vector<Case> AllCases() {
  std::vector<Case> cases;
  for (const Moment& moment : kMoments) {
    for (const Failure& failure : kFailures) {
      for (const int bits : {0, 1, 2, 3}) {
        const Case c{&moment, &failure, (bits & 2) != 0, (bits & 1) != 0};
        if (c.tls || failure.strike != Strike::kCut) cases.push_back(c);
      }
    }
  }
  return cases;
}

std::string NameOf(const ::testing::TestParamInfo<Case>& info) {
  const Case& c = info.param;
  return absl::StrCat(c.moment->name, "_", c.failure->name, c.tls ? "_Tls" : "_Plain",
                      c.kept ? "_Kept" : "_New");
}

// What the table says of a case: an answer's body, or kind and phase.
struct Verdict {
  std::optional<std::string> body;
  ErrorKind kind = ErrorKind::kInternal;
  Phase phase = Phase::kWritten;
};

// Whether libcurl would repeat it, which it is kept from, depends on whether it noticed the failure
// writing or reading first.
bool PhaseIsOpen(const Case& c) {
  return c.failure->by_peer && c.kept && c.moment->phase == Phase::kPartlyWritten;
}

Verdict Expected(const Case& c) {
  // libcurl would repeat what died on a kept connection before it could read a line of an answer.
  if (c.failure->by_peer && c.kept && c.moment->phase <= Phase::kWritten) {
    return {{}, ErrorKind::kConnectionLost, Phase::kWritten};
  }
  // The end of the connection is the end of such a body; over TLS only an end that is announced.
  if (absl::StrContains(c.moment->name, "WithoutLength") && c.failure->strike == Strike::kClose) {
    return {absl::EndsWith(c.moment->answer, "part") ? "part" : "", {}, {}};
  }
  return {{}, c.failure->kind, c.moment->phase};
}

class Phases : public ::testing::TestWithParam<Case> {
 protected:
  void Serve(ServerConnection& connection) {
    for (bool used = false; auto request = connection.ReadHead(); used = true) {
      if (!absl::StartsWith(request->head, "POST /case")) {
        connection.ReadBody(*request);
        connection.Answer(200, "aside");
      } else if (++received_ > 1) {
        connection.ReadBody(*request);
        connection.Answer(200, "again");
      } else {
        on_kept_connection_ = used;
        return Fail(connection, *request);
      }
    }
  }

  void Fail(ServerConnection& connection, ReceivedRequest& request) {
    const Moment& moment = *GetParam().moment;
    if (moment.reads_body) connection.ReadBody(request);
    connection.Write(moment.answer);
    reached_.set_value();
    strike_.get_future().wait();
    switch (GetParam().failure->strike) {
      case Strike::kClose:
        return connection.Close();
      case Strike::kCut:
        return connection.Cut();
      case Strike::kReset:
        return connection.Reset();
      default:
        finished_.get_future().wait();
    }
  }

  // Everything that has reached this process before is read once this returns: the loop takes what
  // is ready in the order of its turns.
  void LetTheLoopTurn(Engine& engine) { engine.Send(Get("/aside")); }

  std::atomic<int> received_{0};
  std::atomic<bool> on_kept_connection_{false};
  std::promise<void> reached_, strike_, finished_;
};

TEST_P(Phases, HaveTheKindAndPhaseOfTheTable) {
  const Case& c = GetParam();
  ScriptedServer server([this](ServerConnection& connection) { Serve(connection); },
                        c.tls ? OverTls() : ScriptedServer::Options());
  JumpingClock clock;
  http::UpstreamOptions options = OptionsFor(server);
  options.timeout = absl::Minutes(50);
  Engine engine(options, &http::SystemLookup, clock);
  if (c.kept) engine.Send(Post("/warm", "{}"));

  Outcomes outcomes;
  std::stop_source cancel;
  http::Request request = Post("/case", std::string(c.moment->reads_body ? 20 : kUnbuffered, 'x'));
  if (c.failure->strike == Strike::kDeadline) {
    request.deadline = clock.Now() + absl::Minutes(40);
  }
  request.cancel = cancel.get_token();
  engine.loop().Start(std::move(request), outcomes.Expect());
  reached_.get_future().wait();
  LetTheLoopTurn(engine);

  strike_.set_value();
  switch (c.failure->strike) {
    case Strike::kTimeout:
    case Strike::kDeadline:
      clock.JumpOneHour();
      LetTheLoopTurn(engine);
      break;
    case Strike::kCancel:
      cancel.request_stop();
      break;
    case Strike::kStop:
      engine.loop().Stop();
      break;
    default:
      break;
  }
  outcomes.Await();
  finished_.set_value();
  engine.Destroy();

  ASSERT_EQ(outcomes.all()[0].size(), 1u);
  const http::Outcome outcome = outcomes.all()[0][0];
  const Verdict expected = Expected(c);
  if (const auto* response = std::get_if<http::Response>(&outcome)) {
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, expected.body);
  } else {
    ASSERT_EQ(expected.body, std::nullopt) << AsError(outcome).detail;
    EXPECT_EQ(AsError(outcome).kind, expected.kind) << AsError(outcome).detail;
    EXPECT_FALSE(AsError(outcome).NothingSent());
    if (!PhaseIsOpen(c)) {
      EXPECT_EQ(AsError(outcome).phase, expected.phase) << AsError(outcome).detail;
    }
    if (c.failure->by_peer) {
      EXPECT_EQ(AsError(outcome).kept_connection, c.kept);
    }
  }
  EXPECT_EQ(received_, 1);
  EXPECT_EQ(on_kept_connection_, c.kept);
}

INSTANTIATE_TEST_SUITE_P(Table, Phases, ::testing::ValuesIn(AllCases()), NameOf);

}  // namespace
}  // namespace gw::testing
