// Invites one candidate and says what became of it, for whoever runs the program.
#pragma once

#include <functional>
#include <string>

#include "concero_gateway/client.h"

namespace example {

/// What is to be done next, and a sentence about it.
struct Invitation {
  enum class Outcome {
    kInvited,
    kRefused,   ///< By what the request says: correct it.
    kDoubtful,  ///< Nobody knows: a person must look in the portal.
    kFinal,     ///< It failed for good, and nobody was invited.
    kFailed,    ///< No invitation is known: try again later with the same request_id.
  };
  Outcome outcome;
  std::string text;
};

/// Repeats `intent` while that is safe, at most `attempts` times; `wait` is called in between.
/// Thread safety: may be called from any thread.
Invitation Invite(concero::Client& client, const concero::Intent& intent, int attempts,
                  const std::function<void(absl::Duration)>& wait);

}  // namespace example
