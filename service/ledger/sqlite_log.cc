#include "service/ledger/sqlite_log.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <vector>

#include "absl/strings/str_cat.h"

namespace gw::ledger {
namespace {

constexpr size_t kHead = 32;
constexpr size_t kFrameHead = 24;
constexpr uint32_t kMagic = 0x377f0682;  // the last bit: checksums over big-endian words

uint32_t Big(const char* at) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(at[i]);
  return value;
}

uint32_t Little(const char* at) {
  uint32_t value = 0;
  for (int i = 3; i >= 0; --i) value = value << 8 | static_cast<uint8_t>(at[i]);
  return value;
}

// Of everything from the head on.
class Checksum {
 public:
  explicit Checksum(bool big) : big_(big) {}
  void Add(const char* bytes, size_t size) {
    for (size_t i = 0; i + 8 <= size; i += 8) {
      one_ += Word(bytes + i) + two_;
      two_ += Word(bytes + i + 4) + one_;
    }
  }
  bool Is(const char* at) const { return one_ == Big(at) && two_ == Big(at + 4); }

 private:
  uint32_t Word(const char* at) const { return big_ ? Big(at) : Little(at); }
  const bool big_;
  uint32_t one_ = 0;
  uint32_t two_ = 0;
};

absl::Status Damaged(const std::string& path) {
  return absl::FailedPreconditionError(
      absl::StrCat(path,
                   ": is damaged, and with it allocations that were recorded last; restore "
                   "the ledger from a backup, or remove this file if what it held is known "
                   "to be of no use"));
}

}  // namespace

absl::Status CheckSqliteLog(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> head(kHead);
  if (!file.is_open() || file.peek() == std::ifstream::traits_type::eof()) {
    return absl::OkStatus();
  }
  if (!file.read(head.data(), kHead)) return Damaged(path);
  const uint32_t magic = Big(head.data());
  Checksum checksum((magic & 1) != 0);
  checksum.Add(head.data(), kHead - 8);
  if ((magic & ~1u) != kMagic || !checksum.Is(head.data() + kHead - 8)) return Damaged(path);
  const size_t page = Big(head.data() + 8);
  if (page < 512 || page > 65536) return Damaged(path);

  std::vector<char> frame(kFrameHead + page);
  bool whole = true;           // so far
  bool commit_behind = false;  // of what is not
  while (file.read(frame.data(), static_cast<std::streamsize>(frame.size()))) {
    if (std::memcmp(frame.data() + 8, head.data() + 16, 8) != 0) {
      // What was left of an earlier log ends this one; a damaged frame may look so.
      whole = false;
      continue;
    }
    if (commit_behind) return Damaged(path);
    checksum.Add(frame.data(), 8);
    checksum.Add(frame.data() + kFrameHead, page);
    whole = whole && checksum.Is(frame.data() + 16);
    commit_behind = !whole && Big(frame.data() + 4) != 0;
  }
  return absl::OkStatus();
}

}  // namespace gw::ledger
