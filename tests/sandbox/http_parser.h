// A strict, incremental parser of HTTP/1.1 requests that stops where faults want to act.
//
// It accepts less than the standard allows, so that a sloppy client is noticed: HTTP/1.1 only, CRLF
// line ends only, origin-form targets, exactly one Host, no folded headers, and never both
// Content-Length and Transfer-Encoding.
//
// Thread safety: none; one parser belongs to one connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/sandbox/http_message.h"

namespace sandbox {

class HttpParser {
 public:
  static constexpr std::size_t kMaxHeadBytes =
      std::size_t{64} * 1024;  // also bounds chunk lines and trailers
  static constexpr std::size_t kMaxHeaders = 100;
  static constexpr std::size_t kMaxBodyBytes = std::size_t{1024} * 1024;

  enum class Progress {
    kMore,      // all the input is consumed, more is needed
    kHead,      // the head is complete; reported once per request, before any of the body
    kComplete,  // the whole request was read; call Reset() before the next one
    kRefused,   // see error_status(); the connection cannot be used any more
  };

  // Consumes bytes from the front of `*input` up to the next thing to report. After kHead call it
  // again, even with no input: a request without a body is complete at once.
  Progress Advance(std::string_view* input);
  void Reset();

  // Valid from kHead on; the body from kComplete on.
  const Request& request() const { return request_; }
  bool HasBody() const { return chunked_ || body_left_ > 0; }
  bool ExpectsContinue() const { return expects_continue_; }
  // The client asked for the connection to be closed after the answer.
  bool WantsClose() const { return wants_close_; }

  // 400, or 413, 417, 431, 501, 505 with the usual meaning.
  int error_status() const { return error_status_; }
  const std::string& error() const { return error_; }

 private:
  enum class State { kRequestLine, kHeaders, kBody, kChunkSize, kChunkData, kChunkEnd, kTrailers };

  enum class Line { kPartial, kWhole, kBad };
  // Moves one line from `*input` to `line_` (without its CRLF).
  Line TakeLine(std::string_view* input);
  Progress OnLine();
  bool OnRequestLine();
  bool OnHeader();
  Progress OnHeadEnd();
  bool ReadFraming();
  Progress OnChunkSize();
  Progress TakeBody(std::string_view* input);
  Progress Refuse(int status, std::string why);

  State state_ = State::kRequestLine;
  std::string line_;
  std::size_t line_bytes_ = 0;  // of head, or of chunk lines and trailers, so far
  Request request_;
  bool chunked_ = false;
  bool expects_continue_ = false;
  bool wants_close_ = false;
  std::uint64_t body_left_ = 0;  // of the body, or of the current chunk
  int error_status_ = 0;
  std::string error_;
};

}  // namespace sandbox
