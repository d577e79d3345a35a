// Key files.
#include "service/keys/key_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/fuzz/target.h"

namespace gw::fuzz {

FUZZ_TARGET(key_file) {
  // One file in memory for the whole process.
  static const int fd = memfd_create("key", MFD_CLOEXEC);
  Expect(ftruncate(fd, 0) == 0 &&
             pwrite(fd, input.data(), input.size(), 0) == static_cast<ssize_t>(input.size()),
         "the file can be written");
  const auto key = keys::ReadKeyFile(absl::StrCat("/proc/self/fd/", fd));
  if (!key.ok()) return ExpectQuotesNothing(key.status());
  const absl::string_view text = key->Reveal();
  Expect(!text.empty() && text.size() <= keys::kMaxKeyBytes, "a key has the size of one");
  Expect(
      std::all_of(text.begin(), text.end(), [](unsigned char c) { return absl::ascii_isgraph(c); }),
      "a key can be sent in a header");
  Expect(absl::StripAsciiWhitespace(input) == text, "a key is all of the file");
}

}  // namespace gw::fuzz
