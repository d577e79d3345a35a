// A CurlLoop on a thread of its own, and completions that a test can wait for.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "service/base/clock.h"
#include "service/http/curl_loop.h"
#include "service/http/resolver.h"

namespace gw::testing {

/// Options for a plain upstream at `url`, which is an address of 127.0.0.1.
inline http::UpstreamOptions OptionsFor(std::string url, int port) {
  http::UpstreamOptions options;
  options.base_url = std::move(url);
  options.host = "127.0.0.1";
  options.port = port;
  options.host_is_address = true;
  options.timeout = absl::Seconds(60);
  options.connect_timeout = absl::Seconds(60);
  return options;
}

/// Names that lead to loopback are permitted to.
inline http::EgressPolicy PermitLoopback() {
  return http::EgressPolicy(
      {IpNetwork::Parse("127.0.0.0/8").value(), IpNetwork::Parse("::1/128").value()});
}

/// The same upstream by the name `upstream.test`, which may lead to loopback.
inline http::UpstreamOptions ByName(http::UpstreamOptions options) {
  const size_t scheme = options.base_url.find("://");
  options.base_url =
      options.base_url.substr(0, scheme) + "://upstream.test:" + std::to_string(options.port);
  options.host = "upstream.test";
  options.host_is_address = false;
  options.egress = PermitLoopback();
  return options;
}

/// Collects outcomes, and how often each request was completed.
class Outcomes {
 public:
  http::Completion Expect() {
    std::lock_guard lock(mutex_);
    const size_t index = outcomes_.size();
    outcomes_.emplace_back();
    return [this, index](http::Outcome outcome) {
      std::lock_guard inner(mutex_);
      outcomes_[index].push_back(std::move(outcome));
      ++completed_;
      changed_.notify_all();
    };
  }
  /// Waits until every expected completion has run at least once.
  void Await() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return completed_ >= outcomes_.size(); });
  }
  size_t completed() {
    std::lock_guard lock(mutex_);
    return completed_;
  }
  /// The outcomes of each request in order of Expect: one each, if all is well.
  std::vector<std::vector<http::Outcome>> all() {
    std::lock_guard lock(mutex_);
    return outcomes_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::vector<http::Outcome>> outcomes_;
  size_t completed_ = 0;
};

class Engine {
 public:
  explicit Engine(http::UpstreamOptions options)
      : Engine(std::move(options), &http::SystemLookup) {}
  Engine(http::UpstreamOptions options, http::CachingResolver::Lookup lookup,
         Clock& clock = SystemClock(), ByteBudget* memory = nullptr)
      : resolver_(clock, std::move(lookup)),
        loop_(std::make_unique<http::CurlLoop>(std::move(options), resolver_, clock, memory)),
        thread_([this] { loop_->Run(); }) {}
  ~Engine() { Destroy(); }

  http::CurlLoop& loop() { return *loop_; }
  /// Ends everything; counts stay.
  void Stop() {
    loop_->Stop();
    if (thread_.joinable()) thread_.join();
  }
  void Destroy() {
    if (loop_ == nullptr) return;
    Stop();
    loop_.reset();
  }

  /// Sends `request` and waits for its outcome.
  http::Outcome Send(http::Request request) {
    Outcomes outcomes;
    loop_->Start(std::move(request), outcomes.Expect());
    outcomes.Await();
    return outcomes.all()[0].at(0);
  }

 private:
  http::CachingResolver resolver_;
  std::unique_ptr<http::CurlLoop> loop_;
  std::thread thread_;
};

inline http::Request Get(std::string target) {
  http::Request request;
  request.target = std::move(target);
  return request;
}

inline http::Request Post(std::string target, std::string body) {
  http::Request request;
  request.method = http::Method::kPost;
  request.target = std::move(target);
  request.headers = {{"Content-Type", "application/json"}};
  request.body = std::move(body);
  return request;
}

inline http::Request OneShot(std::string target, std::string body) {
  http::Request request = Post(std::move(target), std::move(body));
  request.one_shot = true;
  return request;
}

/// For an outcome that must be an answer / a failure: throws std::bad_variant_access, which fails
/// the test.
inline const http::Response& AsResponse(const http::Outcome& outcome) {
  return std::get<http::Response>(outcome);
}
inline const http::TransportError& AsError(const http::Outcome& outcome) {
  return std::get<http::TransportError>(outcome);
}

}  // namespace gw::testing
