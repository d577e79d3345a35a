#include "tests/sandbox/journal.h"

#include "tests/sandbox/json_text.h"

namespace sandbox {
namespace {

std::size_t SizeOf(const Request& request) {
  std::size_t size = request.method.size() + request.target.size() + request.body.size();
  for (const auto& [name, value] : request.headers) size += name.size() + value.size();
  return size;
}

}  // namespace

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
  entries_.push_back({next_seq_, connection, head, complete});
  bytes_ += SizeOf(head);
  Shrink();
  return next_seq_++;
}

void Journal::Completed(std::uint64_t seq, const std::string& body, bool executed) {
  Entry* const entry = Find(seq);
  if (entry == nullptr) return;
  entry->request.body = body;
  entry->complete = true;
  entry->executed = executed;
  bytes_ += body.size();
  Shrink();
}

void Journal::Answered(std::uint64_t seq, int status) {
  if (Entry* const entry = Find(seq)) entry->status = status;
}

void Journal::Shrink() {
  while (entries_.size() > kMaxRequests || (bytes_ > kMaxBytes && entries_.size() > 1)) {
    bytes_ -= SizeOf(entries_.front().request);
    entries_.pop_front();
  }
}

Journal::Entry* Journal::Find(std::uint64_t seq) {
  if (entries_.empty() || seq < entries_.front().seq || seq > entries_.back().seq) return nullptr;
  return &entries_[seq - entries_.front().seq];
}

void Journal::Clear() {
  connections_ = 0;
  open_.clear();
  entries_.clear();
  bytes_ = 0;
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
