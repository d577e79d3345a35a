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

  explicit SignatureCheck(std::string secret_key) : secret_key_(std::move(secret_key)) {}

  // Takes `nonce`, `timestamp` and `signature` out of `parameters` and says whether they are right:
  // the signature is over all other parameters and over `in_path`, the timestamp is one of `now`,
  // and the nonce was not used in 24 hours. A nonce is used up as soon as its signature is right.
  // Texts of a query are all strings; a body's have their types.
  bool Passes(Json* parameters, const SignedValues& in_path, std::int64_t now);

 private:
  const std::string secret_key_;
  Nonces nonces_;
};

}  // namespace sandbox
