#include "service/rpc/xfcc.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace gw::rpc {
namespace {

// Reads from the left; false from a function: it is not written as it should be.
class Reader {
 public:
  explicit Reader(absl::string_view text) : rest_(text) {}

  bool ReadElement(XfccNames& out) {
    while (true) {
      std::string value;
      SkipBlanks();
      const absl::string_view key = rest_.substr(0, rest_.find_first_of("=;,\""));
      rest_.remove_prefix(key.size());
      if (key.empty() || !Take('=') || !ReadValue(value)) return false;
      if (absl::EqualsIgnoreCase(key, "uri") && !value.empty()) out.uris.push_back(value);
      if (absl::EqualsIgnoreCase(key, "dns") && !value.empty()) out.dns_names.push_back(value);
      if (!Take(';')) return true;
    }
  }

  bool Take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool AtEnd() const { return rest_.empty(); }

 private:
  bool ReadValue(std::string& value) {
    if (Take('"')) {
      if (!ReadQuoted(value)) return false;
    } else {
      const absl::string_view plain = rest_.substr(0, rest_.find_first_of(";,\""));
      rest_.remove_prefix(plain.size());
      value = std::string(absl::StripTrailingAsciiWhitespace(plain));
    }
    SkipBlanks();
    return rest_.empty() || rest_.front() == ';' || rest_.front() == ',';
  }

  bool ReadQuoted(std::string& value) {
    while (!rest_.empty()) {
      if (Take('"')) return true;
      if (Take('\\') && rest_.empty()) return false;
      value += rest_.front();
      rest_.remove_prefix(1);
    }
    return false;
  }

  void SkipBlanks() { rest_ = absl::StripLeadingAsciiWhitespace(rest_); }

  absl::string_view rest_;
};

}  // namespace

std::optional<XfccNames> LastXfccElement(absl::string_view header) {
  if (header.size() > kMaxXfccBytes) return std::nullopt;
  Reader reader(header);
  while (true) {
    XfccNames names;
    if (!reader.ReadElement(names)) return std::nullopt;
    if (!reader.Take(',')) return names;
  }
}

}  // namespace gw::rpc
