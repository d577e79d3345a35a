// The lines of a request's header as libcurl takes them.
#pragma once

#include <curl/curl.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace gw::http {

/// A curl_slist in two pieces of memory, however many lines it has. Thread safety: none; one thread
/// at a time.
class HeaderLines {
 public:
  HeaderLines() = default;
  HeaderLines(const HeaderLines&) = delete;
  HeaderLines& operator=(const HeaderLines&) = delete;

  void Reserve(size_t lines, size_t bytes) {
    starts_.reserve(lines);
    text_.reserve(bytes + lines);
  }

  /// `name`, `between` and `value` in one line. They have no NUL byte.
  void Add(absl::string_view name, absl::string_view between, absl::string_view value) {
    starts_.push_back(text_.size());
    for (const absl::string_view part : {name, between, value}) {
      text_.append(part.data(), part.size());
    }
    text_.push_back('\0');
  }

  /// Lives until the next Add, or as long as this.
  curl_slist* list() {
    nodes_.resize(starts_.size());
    for (size_t i = 0; i < nodes_.size(); ++i) {
      nodes_[i].data = &text_[starts_[i]];
      nodes_[i].next = i + 1 < nodes_.size() ? &nodes_[i + 1] : nullptr;
    }
    return nodes_.data();
  }

 private:
  std::string text_;
  std::vector<size_t> starts_;
  std::vector<curl_slist> nodes_;
};

}  // namespace gw::http
