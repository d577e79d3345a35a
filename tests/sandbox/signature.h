// How ProctorExam checks who signed a request; an implementation of the sandbox's own.
//
// Thread safety: pure functions only.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace sandbox {

// Values by name, as they are signed: raw, in UTF-8.
using SignedValues = std::map<std::string, std::string>;

// The HMAC-SHA256, by `key`, of `name=value` in the order of the names joined by `?`, in lower-case
// hexadecimal digits.
std::string SignatureOf(const SignedValues& values, const std::string& key);

// Takes as long for a wrong text as for the right one.
bool IsSame(std::string_view a, std::string_view b);

}  // namespace sandbox
