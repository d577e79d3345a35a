#include "service/http/resolver.h"

#include <netdb.h>
#include <sys/socket.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace gw::http {

struct CachingResolver::State {
  struct Entry {
    Addresses last_good;
    Instant fresh_until;
    bool looking_up = false;
    std::vector<Once<absl::StatusOr<Addresses>>> waiters;
  };

  State(Clock& c, Lookup l) : clock(c), lookup(std::move(l)) {}
  Clock& clock;
  const Lookup lookup;
  std::mutex mutex;
  bool stopped = false;
  std::unordered_map<std::string, Entry> entries;
};

CachingResolver::CachingResolver(Clock& clock, Lookup lookup)
    : state_(std::make_shared<State>(clock, std::move(lookup))) {}

CachingResolver::~CachingResolver() {
  std::unordered_map<std::string, State::Entry> dropped;  // its waiters are told outside the lock
  std::lock_guard lock(state_->mutex);
  state_->stopped = true;
  dropped.swap(state_->entries);
}

Addresses CachingResolver::Fresh(const std::string& host) {
  std::lock_guard lock(state_->mutex);
  const auto it = state_->entries.find(host);
  if (it == state_->entries.end() || state_->clock.Now() >= it->second.fresh_until) return nullptr;
  return it->second.last_good;
}

void CachingResolver::Resolve(const std::string& host, Once<absl::StatusOr<Addresses>> done) {
  Addresses known;
  bool look_up = false;
  {
    std::lock_guard lock(state_->mutex);
    State::Entry& entry = state_->entries[host];
    known = entry.last_good;
    if (known == nullptr) entry.waiters.push_back(std::move(done));
    const bool fresh = known != nullptr && state_->clock.Now() < entry.fresh_until;
    look_up = !fresh && !std::exchange(entry.looking_up, true);
  }
  if (look_up) {
    pool_.Submit([state = state_, host] { Finish(*state, host, state->lookup(host)); });
  }
  // NOLINTNEXTLINE(bugprone-use-after-move): it is a waiter only when nothing is known
  if (known != nullptr) std::move(done)(std::move(known));
}

void CachingResolver::Finish(State& state, const std::string& host,
                             absl::StatusOr<std::vector<std::string>> found) {
  std::vector<Once<absl::StatusOr<Addresses>>> waiters;
  Addresses known;
  {
    std::lock_guard lock(state.mutex);
    if (state.stopped) return;
    State::Entry& entry = state.entries[host];
    const Instant now = state.clock.Now();
    entry.looking_up = false;
    waiters.swap(entry.waiters);
    if (found.ok() && !found->empty()) {
      // The same answer keeps its pointer, so that nobody takes it for news.
      if (entry.last_good == nullptr || *entry.last_good != *found) {
        entry.last_good = std::make_shared<const std::vector<std::string>>(std::move(*found));
      }
      entry.fresh_until = now + kKeep;
    } else if (entry.last_good != nullptr) {
      entry.fresh_until = now + kKeepAfterFailure;
    }
    known = entry.last_good;
  }
  const std::string why =
      found.ok() ? absl::StrCat(host, " has no address") : std::string(found.status().message());
  for (auto& waiter : waiters) {
    // An error of its own for each: what threads share of a Status is counted inside abseil, where
    // ThreadSanitizer does not see it.
    std::move(waiter)(known != nullptr ? absl::StatusOr<Addresses>(known)
                                       : absl::UnavailableError(why));
  }
}

absl::StatusOr<std::vector<std::string>> SystemLookup(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found); error != 0) {
    return absl::UnavailableError(absl::StrCat("looking up ", host, ": ", gai_strerror(error)));
  }
  std::vector<std::string> addresses;
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
    char text[NI_MAXHOST];
    if (getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) ==
        0) {
      addresses.emplace_back(text);
    }
  }
  freeaddrinfo(found);
  return addresses;
}

}  // namespace gw::http
