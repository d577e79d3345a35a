// HTTP requests and responses as plain values, and the text form of a response head.
//
// Thread safety: values and pure functions only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sandbox {

// Names keep the case they were written in; order is kept, repeats are allowed.
using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;
  std::string target;  // as sent, with the query
  Headers headers;     // lower-case names, no name twice: repeated values are joined with ", "
  std::string body;    // decoded; empty until the whole request was read

  // The target without its query.
  std::string_view Path() const;
  bool HasQuery() const { return target.find('?') != std::string::npos; }
  // The value of `lower_case_name`, "" when absent.
  std::string_view Header(std::string_view lower_case_name) const;
};

struct Response {
  int status = 200;
  Headers headers;  // without the framing ones, which the connection adds
  std::string body;
};

// A JSON answer: `json` is the serialized body.
Response JsonResponse(int status, std::string json);

// Sets `name` (compared without case), replacing a value it already has.
void SetHeader(Headers* headers, std::string_view name, std::string value);
// nullptr when absent; compared without case.
const std::string* FindHeader(const Headers& headers, std::string_view name);

std::string LowerCase(std::string_view text);
// Without spaces and tabs at either end.
std::string_view Trim(std::string_view text);
// The elements of a list header (`a, b;q=1`), trimmed and without their parameters, in lower case.
std::vector<std::string> ListElements(std::string_view value);
// RFC 9110 `token`: what methods and header names are made of.
bool IsToken(std::string_view text);
// No control characters but tab, so that a value cannot end its line.
bool IsHeaderValue(std::string_view text);

std::string_view ReasonPhrase(int status);
// False for the statuses that never have a body (204, 304).
bool StatusHasBody(int status);
// `HTTP/1.1 200 OK`, the headers and the empty line.
std::string SerializeHead(int status, const Headers& headers);
// The Date header's form of `unix_seconds`.
std::string HttpDate(int64_t unix_seconds);

}  // namespace sandbox
