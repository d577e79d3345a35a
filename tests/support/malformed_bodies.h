// Ways in which the body of an answer can be wrong.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"

namespace gw::testing {

struct Body {
  std::string name;
  std::string text;
};

inline std::string Repeated(absl::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) absl::StrAppend(&out, text);
  return out;
}

/// `body` with its one `from` replaced.
inline std::string Replaced(absl::string_view body, absl::string_view from, absl::string_view to) {
  std::string out(body);
  EXPECT_EQ(absl::StrReplaceAll({{from, to}}, &out), 1) << from;
  return out;
}

/// Bodies that no decoder may take, made from the `good` one.
inline std::vector<Body> MalformedBodies(const std::string& good) {
  const std::string inside = good.substr(1);
  const std::string open = good.substr(0, 1);
  const std::string item = open == "{" ? "\"x\":" : "";
  return {
      {"nothing", ""},
      {"spaces", " \r\n\t "},
      {"an HTML page", "<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>"},
      {"an HTML page after JSON", good + "<html>"},
      {"a text", "Service Unavailable"},
      {"the JSON value null", "null"},
      {"the JSON value true", "true"},
      {"a number", "142"},
      {"a string", "\"success\""},
      {"cut before the last byte", good.substr(0, good.size() - 1)},
      {"cut in half", good.substr(0, good.size() / 2)},
      {"the value twice", good + good},
      {"a NUL byte after the value", good + std::string(1, '\0')},
      {"garbage after a NUL byte", good + std::string(1, '\0') + "garbage"},
      {"a NUL byte before the value", std::string(1, '\0') + good},
      {"a byte order mark twice", "\xEF\xBB\xBF\xEF\xBB\xBF" + good},
      {"half a byte order mark", "\xEF\xBB" + good},
      {"a byte order mark of UTF-16", "\xFF\xFE" + good},
      {"a comment", "/* hello */" + good},
      {"a comma too many", open + "," + inside},
      {"a byte that is not UTF-8", open + item + "\"\xFF\"," + inside},
      {"an overlong slash", open + item + "\"\xC0\xAF\"," + inside},
      {"a surrogate in UTF-8", open + item + "\"\xED\xA0\x80\"," + inside},
      {"half of an escaped surrogate pair", open + item + "\"\\uD83D\"," + inside},
      {"a line feed in a string", open + item + "\"a\nb\"," + inside},
      {"a NUL byte in a string", open + item + "\"" + std::string(1, '\0') + "\"," + inside},
      {"a number over all doubles", open + item + "1e400," + inside},
      {"a number under all doubles", open + item + "-1e400," + inside},
      {"NaN", open + item + "NaN," + inside},
      {"Infinity", open + item + "-Infinity," + inside},
      {"a hexadecimal number", open + item + "0x10," + inside},
      {"strings in single quotes", absl::StrReplaceAll(good, {{"\"", "'"}})},
      {"a key twice, far below", open + item + R"([{"a":{"b":1,"b":1}}],)" + inside},
      {"a key twice, escaped once", open + item + R"({"b":1,"\u0062":2},)" + inside},
      {"arrays nested 10,000 deep", Repeated("[", 10'000) + Repeated("]", 10'000)},
      {"arrays opened 1,000,000 times", Repeated("[", 1'000'000)},
      {"objects nested 10,000 deep", Repeated("{\"a\":", 10'000) + "1" + Repeated("}", 10'000)},
      {"arrays nested 65 deep in all",
       open + item + Repeated("[", 64) + Repeated("]", 64) + "," + inside},
  };
}

}  // namespace gw::testing
