// What was asked of the API: every request whose head could be read, and how it went.
//
// Keeps the newest kMaxRequests requests; a gap in `seq` shows that older ones are gone.
//
// Thread safety: none.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>

#include "tests/sandbox/http_message.h"

namespace sandbox {

class Journal {
 public:
  static constexpr std::size_t kMaxRequests = 100'000;

  struct Entry {
    std::uint64_t seq = 0;
    std::uint64_t connection = 0;
    Request request;
    bool complete = false;  // the whole request was read
    bool executed = false;  // its effect happened
    int status = 0;         // what was answered; 0: nothing
  };

  // A connection counts from the moment it is accepted, and no more once it has asked for
  // /_sandbox paths alone.
  void ConnectionOpened(std::uint64_t connection);
  void ConnectionClosed(std::uint64_t connection);
  void AskedSandbox(std::uint64_t connection);

  // Records a request by its head and returns its number; numbers only ever grow.
  std::uint64_t Add(std::uint64_t connection, const Request& head, bool complete);
  // nullptr when the entry is gone; good until the next call of anything here.
  Entry* Find(std::uint64_t seq);

  // Forgets all requests and connections: what was open before is not counted again.
  void Clear();

  // `{"connections": N, "requests": [...]}`.
  std::string ToJson() const;

 private:
  enum class Asked { kNothing, kSandboxOnly, kApi };

  std::uint64_t next_seq_ = 1;
  std::uint64_t connections_ = 0;
  std::unordered_map<std::uint64_t, Asked> open_;  // accepted since Clear() and not yet closed
  std::deque<Entry> entries_;                      // by seq, without gaps
};

}  // namespace sandbox
