// One accepted connection: reads requests one after the other, delivers their answers.
//
// Requests that arrive before the last answer has left wait in a bounded buffer. A peer that
// shuts down its sending side while an answer is due counts as gone: clients that time out do the
// same. There is no idle timeout.
//
// Thread safety: none; lives on the event loop's thread.
#pragma once

#include <event2/bufferevent.h>
#include <event2/event.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "tests/sandbox/exchange.h"
#include "tests/sandbox/http_parser.h"

namespace sandbox {

class HttpConnection {
 public:
  // Called once, as the connection's last act; it may destroy the connection.
  using Done = std::function<void(std::uint64_t id)>;

  // Owns `events`, an accepted socket, from here on. `base` and `service` outlive the connection.
  HttpConnection(event_base* base, bufferevent* events, const Peer& peer, Service* service,
                 Done done);
  // Closes the socket at once; no callback is called.
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

 private:
  enum class State {
    kReading,      // a request, or idle
    kDelaying,     // an answer is due, the timer runs
    kFlushing,     // an answer is on its way to the kernel; `then_` says what follows
    kEndless,      // an answer that never ends is on its way
    kStalled,      // half an answer is on its way, and no more will be
    kBeforeReset,  // the timer gives the peer a moment to read what was sent
    kLingering,    // our FIN is sent; input is thrown away until the peer's FIN or the timer
  };
  enum class Then { kNextRequest, kClose, kReset };

  // Any of these may destroy the connection: nothing of it may be touched after such a call.
  void OnReadable();
  void OnFlushed();
  void OnEvent(short what);
  void OnTimer();

  void ReadRequests();
  void OnRefused();
  void Schedule(Answer answer);
  void Deliver();

  // Queues the head and the first `body_bytes` of the body.
  void Write(const Answer& answer, std::size_t body_bytes);
  void WriteFiller();
  void Flush(Then then);
  void Linger();
  void Reset();
  void Finish();
  void StartTimer(std::chrono::milliseconds delay);

  const Peer peer_;
  Service* const service_;
  Done done_;
  bufferevent* const events_;
  event* const timer_;

  State state_ = State::kReading;
  Then then_ = Then::kNextRequest;
  HttpParser parser_;
  std::unique_ptr<Exchange> exchange_;  // of the current request
  Answer answer_;                       // due or being delivered
};

}  // namespace sandbox
