#include "tests/sandbox/journal.h"

#include "tests/sandbox/json_text.h"

namespace sandbox {

void Journal::ConnectionOpened(std::uint64_t connection) {
  ++connections_;
  open_[connection] = Asked::kNothing;
}

void Journal::ConnectionClosed(std::uint64_t connection) { open_.erase(connection); }

void Journal::AskedSandbox(std::uint64_t connection) {
  const auto open = open_.find(connection);
  if (open == open_.end() || open->second != Asked::kNothing) return;
  open->second = Asked::kSandboxOnly;
  --connections_;
}

std::uint64_t Journal::Add(std::uint64_t connection, const Request& head, bool complete) {
  if (const auto open = open_.find(connection); open != open_.end()) {
    if (open->second == Asked::kSandboxOnly) ++connections_;
    open->second = Asked::kApi;
  }
  if (entries_.size() == kMaxRequests) entries_.pop_front();
  entries_.push_back({next_seq_, connection, head, complete});
  return next_seq_++;
}

Journal::Entry* Journal::Find(std::uint64_t seq) {
  if (entries_.empty() || seq < entries_.front().seq || seq > entries_.back().seq) return nullptr;
  return &entries_[seq - entries_.front().seq];
}

void Journal::Clear() {
  connections_ = 0;
  open_.clear();
  entries_.clear();
}

std::string Journal::ToJson() const {
  // Written entry by entry: one tree of all of them would be many times as large.
  std::string text = "{\"connections\":" + std::to_string(connections_) + ",\"requests\":[";
  for (const auto& entry : entries_) {
    Json headers = Json::object();
    for (const auto& [name, value] : entry.request.headers) headers[name] = value;
    if (text.back() != '[') text += ',';
    text += DumpJson({{"seq", entry.seq},
                      {"connection", entry.connection},
                      {"method", entry.request.method},
                      {"path", entry.request.target},
                      {"headers", headers},
                      {"body", entry.request.body},
                      {"complete", entry.complete},
                      {"executed", entry.executed},
                      {"status", entry.status}});
  }
  return text + "]}";
}

}  // namespace sandbox
