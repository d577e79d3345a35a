// What was asked of the API: every request whose head could be read, and how it went.
//
// Keeps the newest kMaxRequests requests, or fewer when they hold more than kMaxBytes of text; a
// gap in `seq` shows that older ones are gone.
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
  static constexpr std::size_t kMaxBytes = std::size_t{64} * 1024 * 1024;

  // A connection counts from the moment it is accepted, and no more once it has asked for
  // /_sandbox paths alone.
  void ConnectionOpened(std::uint64_t connection);
  void ConnectionClosed(std::uint64_t connection);
  void AskedSandbox(std::uint64_t connection);

  // Records a request by its head and returns its number; numbers only ever grow.
  std::uint64_t Add(std::uint64_t connection, const Request& head, bool complete);
  // The whole request was read; `executed`: its effect happened. Of a request that is not kept any
  // more nothing is recorded, here and below.
  void Completed(std::uint64_t seq, const std::string& body, bool executed);
  void Answered(std::uint64_t seq, int status);

  // Forgets all requests and connections: what was open before is not counted again.
  void Clear();

  // `{"connections": N, "requests": [...]}`.
  std::string ToJson() const;

 private:
  enum class Asked { kNothing, kSandboxOnly, kApi };
  struct Entry {
    std::uint64_t seq = 0;
    std::uint64_t connection = 0;
    Request request;
    bool complete = false;
    bool executed = false;
    int status = 0;  // what was answered; 0: nothing
  };

  // nullptr when the entry is gone.
  Entry* Find(std::uint64_t seq);
  // Lets the oldest go until the bounds hold; the newest stays.
  void Shrink();

  std::uint64_t next_seq_ = 1;
  std::uint64_t connections_ = 0;
  std::unordered_map<std::uint64_t, Asked> open_;  // accepted since Clear() and not yet closed
  std::deque<Entry> entries_;                      // by seq, without gaps
  std::size_t bytes_ = 0;                          // of the text in entries_
};

}  // namespace sandbox
