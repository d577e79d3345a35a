// Tests without a gateway: the FakeClient behaves as one.
#include "invitation.h"

#include <cstdlib>
#include <iostream>

#include "concero_gateway/fake_client.h"

namespace example {
namespace {

using concero::FakeClient;
using Outcome = Invitation::Outcome;
constexpr auto kAllocate = FakeClient::Method::kAllocateCandidate;

void Expect(bool is_so, const std::string& what) {
  if (is_so) return;
  std::cerr << "not so: " << what << "\n";
  std::exit(1);
}

struct Run {
  FakeClient gateway;
  std::vector<absl::Duration> waits;
  Invitation Once(const concero::Intent& intent) {
    return Invite(gateway, intent, 3, [this](absl::Duration wait) { waits.push_back(wait); });
  }
};

void InvitesOnceHoweverOftenItIsRun() {
  Run run;
  const concero::Intent intent(119, "arjun.mehta@company.io");
  const Invitation first = run.Once(intent), second = run.Once(intent);
  Expect(first.outcome == Outcome::kInvited, "the candidate is invited");
  Expect(first.text == second.text, "the second run tells of the same invitation");
  Expect(run.gateway.sent() == 1, "one invitation is sent");
}

void WaitsAsLongAsTheGatewaySays() {
  Run run;
  run.gateway.FailNext(kAllocate, concero::MakeFailure(gateway::v1::REASON_UPSTREAM_RATE_LIMITED,
                                                       {.retry_delay = absl::Seconds(7)}));
  Expect(run.Once({119, "arjun.mehta@company.io"}).outcome == Outcome::kInvited, "at last");
  Expect(run.waits == std::vector<absl::Duration>{absl::Seconds(7)}, "one wait of 7 s");
}

void GivesUpAfterSomeAttempts() {
  Run run;
  run.gateway.FailNext(kAllocate, concero::MakeFailure(gateway::v1::REASON_LEDGER_UNAVAILABLE), 9);
  Expect(run.Once({119, "arjun.mehta@company.io"}).outcome == Outcome::kFailed, "it failed");
  Expect(run.waits.size() == 2, "two waits");
  Expect(run.gateway.sent() == 0, "nothing was sent");
}

void LeavesADoubtToAPerson() {
  Run run;
  run.gateway.FailNext(kAllocate, concero::MakeFailure(gateway::v1::REASON_ALLOCATION_IN_DOUBT));
  const concero::Intent intent(119, "arjun.mehta@company.io", "order-7741");
  const Invitation invitation = run.Once(intent);
  Expect(invitation.outcome == Outcome::kDoubtful, "there is doubt");
  Expect(invitation.text.find("order-7741") != std::string::npos, "the id is named");
  Expect(run.waits.empty() && run.gateway.sent() == 1, "it is not sent again");
}

void DoesNotAskForWhatIsFinal() {
  Run run;
  run.gateway.FailNext(kAllocate,
                       concero::MakeFailure(gateway::v1::REASON_UPSTREAM_ALLOCATION_FAILED));
  const Invitation invitation = run.Once({119, "arjun.mehta@company.io"});
  Expect(invitation.outcome == Outcome::kFinal, "it failed for good");
  Expect(invitation.text.find("try again") == std::string::npos, "nobody is told to try again");
}

void NamesTheFieldThatIsWrong() {
  Run run;
  const Invitation invitation = run.Once({119, "arjun.mehta@"});
  Expect(invitation.outcome == Outcome::kRefused, "it is refused");
  Expect(invitation.text.find("candidate_email") != std::string::npos, "the field is named");
}

}  // namespace
}  // namespace example

int main() {
  example::InvitesOnceHoweverOftenItIsRun();
  example::WaitsAsLongAsTheGatewaySays();
  example::GivesUpAfterSomeAttempts();
  example::LeavesADoubtToAPerson();
  example::DoesNotAskForWhatIsFinal();
  example::NamesTheFieldThatIsWrong();
  std::cout << "all is as expected\n";
}
