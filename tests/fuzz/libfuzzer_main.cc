// Hands the one target of a program to libFuzzer, whose main it is.
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // An empty input may come without an address.
  gw::fuzz::Targets().front().run(
      size == 0 ? absl::string_view("")
                : absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
