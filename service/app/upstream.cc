#include "service/app/upstream.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace gw::app {
namespace {

// `concero_api_key` of `concero.api_key_file`.
std::string KeyNameOf(const keys::KeyFile& file) {
  return absl::StrReplaceAll(absl::StripSuffix(file.config_key, "_file"), {{".", "_"}});
}

std::vector<std::string> KeyNamesOf(const std::vector<keys::KeyFile>& files) {
  std::vector<std::string> names;
  for (const keys::KeyFile& file : files) names.push_back(KeyNameOf(file));
  return names;
}

rest::AuthenticatingTransport::Options WithoutPrevious(
    rest::AuthenticatingTransport::Options options) {
  options.try_previous = false;
  return options;
}

http::UpstreamOptions WithCredentials(http::UpstreamOptions options, const Secret& credentials) {
  if (options.proxy) options.proxy->credentials = credentials;
  return options;
}

}  // namespace

Upstream::Upstream(const Options& options, const Surroundings& around)
    : name_(options.traits.name),
      key_names_(KeyNamesOf(options.key_files)),
      http_options_(WithCredentials(options.http, around.proxy_credentials)),
      loops_(http_options_, around.loop_threads, around.resolver, around.clock, &around.memory),
      clock_skew_(loops_, options.traits.name, around.clock),
      recorded_(clock_skew_),
      keys_(options.credential, options.key_overlap, around.clock),
      watched_keys_(keys_, options.key_files, around.file_watcher),
      authenticated_(recorded_, keys_, options.authentication),
      diagnostic_(recorded_, keys_, WithoutPrevious(options.authentication)),
      large_answers_(authenticated_, [this](auto fn) { decoding_.Submit(std::move(fn)); }),
      breaker_(large_answers_, options.traits.name, options.breaker, around.clock),
      limited_(breaker_, options.limits, around.memory, around.clock, around.timer),
      door_(limited_, breaker_),
      history_(around.metrics.ForUpstream(options.traits.name), around.clock),
      observed_(door_, options.traits, history_, around.health, around.clock),
      retry_(observed_, options.retry, around.clock, around.timer, around.random) {
  const std::string& name = name_;
  around.metrics.ReadConnectionsOpened(
      name, [this] { return static_cast<double>(loops_.connections_opened()); });
  around.metrics.ReadRetries(name, [this] { return static_cast<double>(retry_.retries()); });
  around.metrics.ReadBreaker(name, [this] { return static_cast<double>(breaker_.state()); });
  around.health.ReadBreaker(
      name, [this] { return std::string(http::BreakerStateName(breaker_.state())); });
  for (size_t i = 0; i < key_names_.size(); ++i) {
    around.metrics.ReadKeyAge(key_names_[i],
                              [this, i] { return absl::ToDoubleSeconds(keys_.age(i)); });
    around.metrics.ReadKeyFingerprint(key_names_[i], [this, i] { return KeyFingerprint(i); });
  }
  around.metrics.ReadReloadFailures(absl::StrCat(name, "_keys"), [this] {
    return static_cast<double>(watched_keys_.failures());
  });
  around.metrics.ReadSavedByPreviousKey(
      name, [this] { return static_cast<double>(authenticated_.saved_by_previous()); });
  around.metrics.ReadClockSkew(name, [this] { return clock_skew_.SecondsApart(); });
}

Upstream::~Upstream() { Stop(); }

admin::Status::Upstream Upstream::Seen() const {
  admin::Status::Upstream seen;
  seen.name = name_;
  seen.base_url = http_options_.base_url;
  seen.breaker = std::string(http::BreakerStateName(breaker_.state()));
  seen.active = history_.active();
  seen.connections_opened = static_cast<int64_t>(loops_.connections_opened());
  seen.retries = static_cast<int64_t>(retry_.retries());
  if (const double apart = clock_skew_.SecondsApart(); apart >= 0) {
    seen.clock_skew = absl::Seconds(apart);
  }
  for (size_t i = 0; i < key_names_.size(); ++i) {
    seen.keys.push_back({key_names_[i], KeyFingerprint(i), keys_.age(i)});
  }
  seen.hour = history_.history().LastHour();
  return seen;
}

void Upstream::Stop() {
  retry_.Stop();
  loops_.Stop();
  decoding_.Finish();
}

}  // namespace gw::app
