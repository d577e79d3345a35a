// The command line of concero-sandbox.
//
// Thread safety: none.
#pragma once

#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "tests/sandbox/address_range.h"

namespace sandbox {

struct Options {
  std::string listen;
  std::string api_key;
  std::string proctorexam_token;  // "" leaves ProctorExam out; else there is a secret, too
  std::string proctorexam_secret;
  std::string tls_cert;  // "" serves plain HTTP; else there is a key, too
  std::string tls_key;
  bool cap_at_tls12 = false;
  std::vector<AddressRange> allowed;  // empty: everybody
  std::chrono::milliseconds date_skew{0};
};

struct Help {
  std::string text;
};
struct UsageError {
  std::string why;  // one line that names the flag
};

std::variant<Options, Help, UsageError> ParseOptions(int argc, const char* const* argv);

}  // namespace sandbox
