// How a request to ProctorExam is signed.
#pragma once

#include <string>
#include <vector>

#include "service/base/secret.h"
#include "service/http/transport.h"

namespace gw::proctorexam {

// Thread safety: pure functions.

/// A parameter's value as it is signed: a text raw, in UTF-8 and never percent-encoded [doc]; an
/// integer in decimal; `true` or `false`.
std::string TextOf(const http::Parameter& parameter);

/// What is signed: every parameter as `name=value`, sorted by name byte by byte and joined by `?`
/// [doc], those of the path included [vendor], one named `signature` left out.
std::string SignedText(const std::vector<http::Parameter>& parameters);

/// The HMAC-SHA256 of SignedText by the secret key, in lower-case hexadecimal [doc]. `secret_key`
/// is not empty.
std::string Sign(const std::vector<http::Parameter>& parameters, const Secret& secret_key);

}  // namespace gw::proctorexam
