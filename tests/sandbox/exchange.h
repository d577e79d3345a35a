// What stands between a connection and the meaning of its requests.
//
// Thread safety: none; everything happens on the event loop's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "tests/sandbox/address_range.h"
#include "tests/sandbox/http_message.h"

namespace sandbox {

// How an answer leaves, or does not. Over TLS a close_notify goes before every FIN, so that the
// peer sees the same as over plain TCP.
enum class Delivery {
  kWhole,
  kResetAtOnce,  // RST without a byte of answer
  kCloseAtOnce,  // FIN without a byte of answer
  kResetMid,     // the head and half the body, then RST
  kTruncate,     // the head announcing the whole body, half of it, then FIN
  kEndless,      // the head and, instead of the body, chunks of spaces until the peer leaves
  kStall,  // the head announcing the whole body, half of it, then nothing until the peer leaves
};

struct Answer {
  Response response;
  std::chrono::milliseconds delay{0};  // before the delivery begins
  Delivery delivery = Delivery::kWhole;
};

// Who opened a connection.
struct Peer {
  std::uint64_t connection = 0;  // a number that is never used again
  IpAddress address{};
};

// The course of one request. The connection calls the methods in the order given here, each at most
// once, and destroys the exchange when the request is over or its peer has left.
class Exchange {
 public:
  virtual ~Exchange() = default;
  // The head was read. An answer given here is delivered without reading the body.
  virtual std::optional<Answer> OnHead() = 0;
  // The whole request was read.
  virtual Answer OnRequest(const Request& request) = 0;
  // A status line with `status` was handed to the socket.
  virtual void OnAnswered(int status) = 0;
};

// Outlives all connections.
class Service {
 public:
  virtual ~Service() = default;
  virtual void OnOpened(std::uint64_t connection) = 0;
  virtual void OnClosed(std::uint64_t connection) = 0;
  // `head` is a request without its body; `has_body` says that one is announced.
  virtual std::unique_ptr<Exchange> Begin(const Peer& peer, const Request& head, bool has_body) = 0;
  // The answer to bytes that are not a request; sent whole, then the connection is closed.
  virtual Response OnMalformed(int status, const std::string& why) = 0;
  // What the Date header of an answer that leaves now says, in seconds since 1970.
  virtual std::int64_t UnixTime() = 0;
};

}  // namespace sandbox
