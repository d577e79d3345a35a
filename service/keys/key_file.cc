#include "service/keys/key_file.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "service/keys/small_file.h"

namespace gw::keys {
namespace {

// White space may surround a key of the full length.
constexpr size_t kMaxBlanks = 2;

}  // namespace

absl::StatusOr<Secret> ReadKeyFile(const std::string& path) {
  const auto whole = ReadSmallFile(path, kMaxKeyBytes + kMaxBlanks);
  if (!whole.ok()) return whole.status();
  const absl::string_view key = absl::StripAsciiWhitespace(whole->Reveal());
  if (key.empty())
    return absl::InvalidArgumentError(absl::StrCat(path, ": is empty; it must hold a key"));
  if (key.size() > kMaxKeyBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is longer than a key can be (", kMaxKeyBytes, " bytes)"));
  }
  if (!std::all_of(key.begin(), key.end(), [](char c) { return absl::ascii_isgraph(c); })) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": has a byte within the key that is not printable ASCII"));
  }
  return Secret(std::string(key));
}

}  // namespace gw::keys
