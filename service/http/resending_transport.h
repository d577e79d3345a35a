// Sends a request again when its connection turned out dead.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "service/http/transport.h"

namespace gw::http {

/// A decorator. A request whose connection is lost before a byte of the answer came is sent again
/// at once, on a new connection, kMaxSends times in all. libcurl does the same by itself, with the
/// same bytes; where these may leave once only, because they are signed with a number that must not
/// come twice, it is done here, above the signature. When some bytes of an earlier send had left,
/// the outcome says so: an answer is `repeated`, an error's phase at least kWritten. One-shots are
/// left alone.
///
/// Thread safety: Start may be called from any thread.
class ResendingTransport : public Transport {
 public:
  static constexpr int kMaxSends = 3;

  /// `inner` outlives it, and so must it every request that it passed on.
  explicit ResendingTransport(Transport& inner) : inner_(inner) {}

  void Start(Request request, Completion done) override;

  /// How many sends were second or later ones.
  uint64_t resent() const { return resent_; }

 private:
  struct Sending;
  void Send(std::unique_ptr<Sending> sending);

  Transport& inner_;
  std::atomic<uint64_t> resent_{0};
};

}  // namespace gw::http
