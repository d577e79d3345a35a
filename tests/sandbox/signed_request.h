// Who asks ProctorExam, and whether nobody has asked the very same before.
//
// Thread safety: none.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tests/sandbox/json_text.h"
#include "tests/sandbox/nonces.h"
#include "tests/sandbox/signature.h"

namespace sandbox {

class SignatureCheck {
 public:
  // A timestamp may be off by so much, either way, in milliseconds.
  static constexpr std::int64_t kTolerated = 5 * 60 * 1000;

  // Where the parameters stood; those of a query are texts, those of a body have their types.
  enum class From { kBody, kQuery };

  // Takes `nonce`, `timestamp` and `signature` out of `parameters` (an object) and says whether
  // they are right: the signature is by `secret_key` over all other parameters and over `in_path`,
  // the timestamp, in a body a JSON integer, is one of `now`, and the nonce, up to 20 digits or as
  // large a JSON integer as 64 bits hold, was not used in 24 hours. A nonce is used up as soon as
  // its signature is right. Where a parameter is named like one of the path, that of the path is
  // signed.
  bool Passes(From from, const std::string& secret_key, Json* parameters,
              const SignedValues& in_path, std::int64_t now);

 private:
  Nonces nonces_;
};

}  // namespace sandbox
