#include "tests/sandbox/http_connection.h"

#include <event2/buffer.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstdio>
#include <optional>
#include <utility>

#include "tests/sandbox/tls_context.h"

namespace sandbox {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kInputLimit = std::size_t{64} * 1024;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::size_t kFillerBytes = std::size_t{16} * 1024;
// A reset makes the kernel throw away what it has not sent, and a peer may then miss what it had
// not read; this is long enough for a peer that is reading.
constexpr milliseconds kBeforeReset{50};
// How long to wait for the peer's FIN after ours. Closing earlier, with input unread, would turn
// our FIN into a reset.
constexpr milliseconds kLinger{5000};

// Spaces: a JSON reader goes on waiting for more.
const std::string& Filler() {
  static const std::string filler = [] {
    const std::string spaces(kFillerBytes, ' ');
    char size[20];
    std::snprintf(size, sizeof size, "%zx\r\n", spaces.size());
    return size + spaces + "\r\n";
  }();
  return filler;
}

}  // namespace

HttpConnection::HttpConnection(event_base* base, bufferevent* events, const Peer& peer,
                               Service* service, Done done)
    : peer_(peer),
      service_(service),
      done_(std::move(done)),
      events_(events),
      timer_(evtimer_new(
          base,
          [](evutil_socket_t, short, void* self) { static_cast<HttpConnection*>(self)->OnTimer(); },
          this)) {
  const int on = 1;
  setsockopt(bufferevent_getfd(events_), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  bufferevent_setcb(
      events_, [](bufferevent*, void* self) { static_cast<HttpConnection*>(self)->OnReadable(); },
      [](bufferevent*, void* self) { static_cast<HttpConnection*>(self)->OnFlushed(); },
      [](bufferevent*, short what, void* self) {
        static_cast<HttpConnection*>(self)->OnEvent(what);
      },
      this);
  bufferevent_setwatermark(events_, EV_READ, 0, kInputLimit);
  bufferevent_enable(events_, EV_READ | EV_WRITE);
}

HttpConnection::~HttpConnection() {
  event_free(timer_);
  bufferevent_free(events_);
}

void HttpConnection::OnEvent(short what) {
  // Otherwise an end of input or an error, a failed handshake among them.
  const bool handshake_done = (what & BEV_EVENT_CONNECTED) != 0;
  if (!handshake_done) Finish();
}

void HttpConnection::OnReadable() {
  if (state_ == State::kReading) {
    ReadRequests();
  } else if (state_ == State::kLingering) {
    evbuffer* const input = bufferevent_get_input(events_);
    evbuffer_drain(input, evbuffer_get_length(input));
  }
}

void HttpConnection::ReadRequests() {
  evbuffer* const input = bufferevent_get_input(events_);
  for (;;) {
    const auto size = evbuffer_get_contiguous_space(input);
    const auto* const bytes =
        size == 0 ? nullptr : evbuffer_pullup(input, static_cast<ev_ssize_t>(size));
    std::string_view unread(reinterpret_cast<const char*>(bytes), size);
    const auto progress = parser_.Advance(&unread);
    evbuffer_drain(input, size - unread.size());
    switch (progress) {
      case HttpParser::Progress::kMore:
        if (evbuffer_get_length(input) == 0 && !TakeDecrypted(events_)) return;
        break;
      case HttpParser::Progress::kHead:
        exchange_ = service_->Begin(peer_, parser_.request(), parser_.HasBody());
        if (auto answer = exchange_->OnHead()) return Schedule(std::move(*answer));
        if (parser_.ExpectsContinue() && parser_.HasBody()) {
          bufferevent_write(events_, kContinue.data(), kContinue.size());
        }
        break;
      case HttpParser::Progress::kComplete:
        return Schedule(exchange_->OnRequest(parser_.request()));
      case HttpParser::Progress::kRefused:
        return OnRefused();
    }
  }
}

void HttpConnection::OnRefused() {
  answer_ = {service_->OnMalformed(parser_.error_status(), parser_.error())};
  SetHeader(&answer_.response.headers, "Connection", "close");
  Deliver();
}

void HttpConnection::Schedule(Answer answer) {
  answer_ = std::move(answer);
  if (answer_.delay.count() == 0) return Deliver();
  state_ = State::kDelaying;
  StartTimer(answer_.delay);
}

void HttpConnection::Deliver() {
  const auto size = answer_.response.body.size();
  switch (answer_.delivery) {
    case Delivery::kResetAtOnce:
      return Reset();
    case Delivery::kCloseAtOnce:
      return Linger();
    case Delivery::kResetMid:
      Write(answer_, size / 2);
      return Flush(Then::kReset);
    case Delivery::kTruncate:
      Write(answer_, size / 2);
      return Flush(Then::kClose);
    case Delivery::kWhole: {
      const auto* connection = FindHeader(answer_.response.headers, "connection");
      const bool close = parser_.WantsClose() || (connection && LowerCase(*connection) == "close");
      if (close) SetHeader(&answer_.response.headers, "Connection", "close");
      Write(answer_, size);
      return Flush(close ? Then::kClose : Then::kNextRequest);
    }
    case Delivery::kEndless:
      Write(answer_, 0);
      WriteFiller();
      state_ = State::kEndless;
      return;
    case Delivery::kStall:
      Write(answer_, size / 2);
      answer_.response.body = {};
      state_ = State::kStalled;
      return;
  }
}

void HttpConnection::Write(const Answer& answer, std::size_t body_bytes) {
  const auto& [status, headers, body] = answer.response;
  Headers all = headers;
  if (FindHeader(all, "date") == nullptr) all.emplace_back("Date", HttpDate(service_->UnixTime()));
  if (answer.delivery == Delivery::kEndless) {
    all.emplace_back("Transfer-Encoding", "chunked");
  } else if (StatusHasBody(status)) {
    all.emplace_back("Content-Length", std::to_string(body.size()));
  }
  auto bytes = SerializeHead(status, all);
  if (StatusHasBody(status) && parser_.request().method != "HEAD")
    bytes.append(body, 0, body_bytes);
  bufferevent_write(events_, bytes.data(), bytes.size());
  if (exchange_ != nullptr) exchange_->OnAnswered(status);
}

void HttpConnection::WriteFiller() { bufferevent_write(events_, Filler().data(), Filler().size()); }

void HttpConnection::Flush(Then then) {
  state_ = State::kFlushing;
  then_ = then;
}

void HttpConnection::OnFlushed() {
  if (state_ == State::kEndless) return WriteFiller();
  if (state_ != State::kFlushing) return;  // a 100 Continue
  switch (then_) {
    case Then::kClose:
      return Linger();
    case Then::kReset:
      state_ = State::kBeforeReset;
      return StartTimer(kBeforeReset);
    case Then::kNextRequest:
      exchange_.reset();
      parser_.Reset();
      state_ = State::kReading;
      return ReadRequests();
  }
}

void HttpConnection::OnTimer() {
  if (state_ == State::kDelaying) {
    Deliver();
  } else if (state_ == State::kBeforeReset) {
    Reset();
  } else if (state_ == State::kLingering) {
    Finish();
  }
}

void HttpConnection::Linger() {
  state_ = State::kLingering;
  SendCloseNotify(events_);
  shutdown(bufferevent_getfd(events_), SHUT_WR);
  evbuffer* const input = bufferevent_get_input(events_);
  evbuffer_drain(input, evbuffer_get_length(input));
  StartTimer(kLinger);
}

void HttpConnection::Reset() {
  const linger at_once{1, 0};
  setsockopt(bufferevent_getfd(events_), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  Finish();
}

void HttpConnection::Finish() {
  const auto done = std::move(done_);  // outlives the connection for the length of the call
  done(peer_.connection);
}

void HttpConnection::StartTimer(milliseconds delay) {
  const auto count = delay.count();
  const timeval after{static_cast<time_t>(count / 1000),
                      static_cast<suseconds_t>(count % 1000 * 1000)};
  evtimer_add(timer_, &after);
}

}  // namespace sandbox
