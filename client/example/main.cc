// invite TARGET EXAMINATION_ID EMAIL [REQUEST_ID]: invites one candidate, over plaintext.
#include <cstdlib>
#include <iostream>

#include "absl/time/clock.h"
#include "concero_gateway/client.h"
#include "invitation.h"

int main(int argc, char** argv) {
  if (argc != 4 && argc != 5) {
    std::cerr << "usage: invite TARGET EXAMINATION_ID EMAIL [REQUEST_ID]\n";
    return 2;
  }
  const auto client = concero::Client::Connect({.target = argv[1]});
  if (!client.ok()) {
    std::cerr << client.status().message() << "\n";
    return 2;
  }
  const concero::Intent intent(std::atoll(argv[2]), argv[3], argc == 5 ? argv[4] : "");
  // Whoever wants to try again after this program was killed needs it.
  std::cerr << "request_id " << intent.request_id() << "\n";
  const auto invitation = example::Invite(**client, intent, /*attempts=*/3, absl::SleepFor);
  std::cout << invitation.text << "\n";
  return invitation.outcome == example::Invitation::Outcome::kInvited ? 0 : 1;
}
