// Makes inputs out of others, the same ones for the same seed on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace gw::fuzz {

/// Knows nothing of what the inputs reach; libFuzzer does. Thread safety: none.
class Mutator {
 public:
  explicit Mutator(uint64_t seed) : random_(seed) {}

  /// One of `inputs`, which are not empty, with up to eight changes: bytes changed, put in, taken
  /// out and repeated, kMarker and other words put in, pieces of other inputs. At most kLongest
  /// bytes.
  std::string Mutate(const std::vector<std::string>& inputs);

  static constexpr size_t kLongest = 16384;

 private:
  /// Below `end`, which is above 0. The distributions of the standard library differ.
  size_t Below(size_t end) { return static_cast<size_t>(random_() % end); }
  const std::string& OneOf(const std::vector<std::string>& inputs) {
    return inputs[Below(inputs.size())];
  }
  /// A part of `text`, mostly a short one.
  absl::string_view PieceOf(absl::string_view text);
  void Change(std::string& text, const std::vector<std::string>& inputs);

  std::mt19937_64 random_;
};

}  // namespace gw::fuzz
