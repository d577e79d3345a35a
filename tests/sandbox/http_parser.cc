#include "tests/sandbox/http_parser.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace sandbox {
namespace {

std::optional<std::uint64_t> ParseNumber(std::string_view text, int base) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool IsTarget(std::string_view text) {
  return !text.empty() && text[0] == '/' &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

void HttpParser::Reset() { *this = HttpParser(); }

HttpParser::Progress HttpParser::Refuse(int status, std::string why) {
  error_status_ = status;
  error_ = std::move(why);
  return Progress::kRefused;
}

HttpParser::Progress HttpParser::Advance(std::string_view* input) {
  for (;;) {
    Progress progress = Progress::kMore;
    if (error_status_ != 0) {
      return Progress::kRefused;
    } else if (state_ == State::kBody || state_ == State::kChunkData) {
      if (state_ == State::kBody && body_left_ == 0) return Progress::kComplete;
      if (input->empty()) return Progress::kMore;
      progress = TakeBody(input);
    } else {
      switch (TakeLine(input)) {
        case Line::kPartial:
          return Progress::kMore;
        case Line::kBad:
          return Progress::kRefused;
        case Line::kWhole:
          break;
      }
      progress = OnLine();
      line_.clear();
    }
    if (progress != Progress::kMore) return progress;
  }
}

HttpParser::Line HttpParser::TakeLine(std::string_view* input) {
  const auto newline = input->find('\n');
  const auto size = newline == std::string_view::npos ? input->size() : newline + 1;
  line_bytes_ += size;
  if (line_bytes_ > kMaxHeadBytes) {
    Refuse(431, "The request's head is too large.");
    return Line::kBad;
  }
  line_.append(input->substr(0, size));
  input->remove_prefix(size);
  if (newline == std::string_view::npos) return Line::kPartial;
  if (line_.size() < 2 || line_[line_.size() - 2] != '\r') {
    Refuse(400, "A line ends without CR.");
    return Line::kBad;
  }
  line_.resize(line_.size() - 2);
  return Line::kWhole;
}

HttpParser::Progress HttpParser::OnLine() {
  switch (state_) {
    case State::kRequestLine:
      if (!OnRequestLine()) return Progress::kRefused;
      state_ = State::kHeaders;
      return Progress::kMore;
    case State::kHeaders:
      if (line_.empty()) return OnHeadEnd();
      return OnHeader() ? Progress::kMore : Progress::kRefused;
    case State::kChunkSize:
      return OnChunkSize();
    case State::kChunkEnd:
      if (!line_.empty()) return Refuse(400, "A chunk is longer than announced.");
      state_ = State::kChunkSize;
      return Progress::kMore;
    case State::kTrailers:
      // Trailers are read past: nothing here has a use for them.
      return line_.empty() ? Progress::kComplete : Progress::kMore;
    case State::kBody:
    case State::kChunkData:
      break;
  }
  return Refuse(400, "Unexpected line.");
}

bool HttpParser::OnRequestLine() {
  const std::string_view line = line_;
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || !IsToken(line.substr(0, first)) ||
      !IsTarget(line.substr(first + 1, last - first - 1))) {
    Refuse(400, "The request line is malformed.");
    return false;
  }
  const auto version = line.substr(last + 1);
  if (version != "HTTP/1.1") {
    Refuse(version.starts_with("HTTP/") ? 505 : 400, "The protocol must be HTTP/1.1.");
    return false;
  }
  request_.method = line.substr(0, first);
  request_.target = line.substr(first + 1, last - first - 1);
  return true;
}

bool HttpParser::OnHeader() {
  const std::string_view line = line_;
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !IsToken(line.substr(0, colon)) ||
      !IsHeaderValue(line.substr(colon + 1))) {
    Refuse(400, "A header is malformed.");
    return false;
  }
  auto name = LowerCase(line.substr(0, colon));
  const auto value = Trim(line.substr(colon + 1));
  for (auto& [have, old] : request_.headers) {
    if (have != name) continue;
    if (name == "host" || name == "content-length" || name == "transfer-encoding") {
      Refuse(400, "The header " + name + " appears twice.");
      return false;
    }
    old.append(", ").append(value);
    return true;
  }
  if (request_.headers.size() == kMaxHeaders) {
    Refuse(431, "The request has too many headers.");
    return false;
  }
  request_.headers.emplace_back(std::move(name), value);
  return true;
}

HttpParser::Progress HttpParser::OnHeadEnd() {
  if (request_.Header("host").empty()) return Refuse(400, "The header host is missing.");
  if (!ReadFraming()) return Progress::kRefused;
  const auto connection = ListElements(request_.Header("connection"));
  wants_close_ = std::find(connection.begin(), connection.end(), "close") != connection.end();
  const auto expect = LowerCase(request_.Header("expect"));
  if (!expect.empty() && expect != "100-continue") return Refuse(417, "Unknown expectation.");
  expects_continue_ = !expect.empty();
  state_ = chunked_ ? State::kChunkSize : State::kBody;
  line_bytes_ = 0;
  return Progress::kHead;
}

bool HttpParser::ReadFraming() {
  const auto* length = FindHeader(request_.headers, "content-length");
  const auto* encoding = FindHeader(request_.headers, "transfer-encoding");
  if (length != nullptr && encoding != nullptr) {
    Refuse(400, "Both content-length and transfer-encoding are given.");
    return false;
  }
  if (encoding != nullptr) {
    chunked_ = LowerCase(*encoding) == "chunked";
    if (!chunked_) Refuse(501, "The only known transfer encoding is chunked.");
    return chunked_;
  }
  if (length == nullptr) return true;
  const auto number = ParseNumber(*length, 10);
  if (!number) {
    Refuse(400, "The header content-length is malformed.");
    return false;
  }
  if (*number > kMaxBodyBytes) {
    Refuse(413, "The request's body is too large.");
    return false;
  }
  body_left_ = *number;
  return true;
}

HttpParser::Progress HttpParser::OnChunkSize() {
  const std::string_view line = line_;
  const auto size = ParseNumber(Trim(line.substr(0, line.find(';'))), 16);
  if (!size) return Refuse(400, "A chunk's size is malformed.");
  if (*size > kMaxBodyBytes - request_.body.size()) {
    return Refuse(413, "The request's body is too large.");
  }
  body_left_ = *size;
  line_bytes_ = 0;  // every chunk but the last carries data, so the body's limit bounds them
  state_ = *size == 0 ? State::kTrailers : State::kChunkData;
  return Progress::kMore;
}

HttpParser::Progress HttpParser::TakeBody(std::string_view* input) {
  const auto size = std::min<std::uint64_t>(body_left_, input->size());
  request_.body.append(input->substr(0, size));
  input->remove_prefix(size);
  body_left_ -= size;
  if (state_ == State::kChunkData && body_left_ == 0) state_ = State::kChunkEnd;
  return Progress::kMore;
}

}  // namespace sandbox
