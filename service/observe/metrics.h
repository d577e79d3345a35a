// The metrics that the process keeps, by the names of CONTRACT ("Metrics").
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/base/failure.h"
#include "service/observe/health.h"

namespace gw::observe {

/// The calls of one RPC. Label sets are closed: codes and reasons are enums.
/// Thread safety: any thread.
class RpcMetrics {
 public:
  virtual ~RpcMetrics() = default;
  virtual void Observe(absl::StatusCode code, Reason reason, absl::Duration took) = 0;
};

/// The requests to one upstream. Thread safety: any thread.
class UpstreamMetrics {
 public:
  virtual ~UpstreamMetrics() = default;
  virtual void Started() = 0;
  /// `result` is an HTTP status class (`2xx`) or an http::ErrorKindName: a closed set.
  virtual void Finished(absl::string_view result, absl::Duration took) = 0;
};

/// A value that is asked for when somebody looks. Below 0 it is left out.
struct ReadMetric {
  enum class Kind { kGauge, kCounter };
  std::string name;
  std::string help;
  Kind kind = Kind::kGauge;
  std::vector<std::pair<std::string, std::string>> labels;
  /// Called by Text, on its thread.
  std::function<double()> read;
};

/// Values whose labels are known only when somebody looks.
struct ReadFamily {
  struct Sample {
    std::vector<std::pair<std::string, std::string>> labels;
    double value = 0;
  };
  std::string name;
  std::string help;
  ReadMetric::Kind kind = ReadMetric::Kind::kGauge;
  /// Called by Text, on its thread.
  std::function<std::vector<Sample>()> read;
};

/// Thread safety: all functions may be called from any thread. What it returns lives as long as it
/// does.
class Metrics {
 public:
  Metrics();
  ~Metrics();

  /// `method` is `package.Service/Method`.
  RpcMetrics& ForRpc(const std::string& method);
  UpstreamMetrics& ForUpstream(const std::string& upstream);

  /// All of one name have the same help and kind.
  void Read(ReadMetric metric);
  void Read(ReadFamily family);
  void ReadConnectionsOpened(const std::string& upstream, std::function<double()> read);
  /// Seconds since the examination list was fetched; below 0 there is none.
  void ReadCacheAge(std::function<double()> read);
  /// How old the list may become while it is asked for, before something must be wrong.
  void SetAllowedCacheAge(absl::Duration allowed);
  /// Seconds since the key in use was loaded; `key` is its name in metrics, of a closed set.
  void ReadKeyAge(const std::string& key, std::function<double()> read);
  /// By what the key in use is known, in all replicas and after a restart: Secret::Fingerprint.
  void ReadKeyFingerprint(const std::string& key, std::function<std::string()> read);
  /// Whether each component is well, and if not for what reason. `health` is asked by Text.
  void ReadComponents(const Health& health);
  /// How many requests were sent once more.
  void ReadRetries(const std::string& upstream, std::function<double()> read);
  /// The state of an upstream's breaker: 0 closed, 1 open, 2 half open.
  void ReadBreaker(const std::string& upstream, std::function<double()> read);
  /// Bytes that calls hold of the memory that they share.
  void ReadHeldBytes(std::function<double()> read);
  /// By how many seconds an upstream's clock differs from ours, either way; below 0 it is not
  /// known.
  void ReadClockSkew(const std::string& upstream, std::function<double()> read);
  /// How many requests only the previous key got through.
  void ReadSavedByPreviousKey(const std::string& upstream, std::function<double()> read);
  /// How often a changed file was refused; `file` is of a closed set.
  void ReadReloadFailures(const std::string& file, std::function<double()> read);
  /// Until when a certificate is valid, in seconds since 1970; `certificate` is of a closed set.
  void ReadCertificateEnd(const std::string& certificate, std::function<double()> read);
  void ReadLogLinesDropped(std::function<double()> read);
  void SetBuildInfo(const std::string& version);

  /// Everything, in Prometheus' text format 0.0.4. What is read for it lives as long as anybody may
  /// ask for this.
  std::string Text() const;

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace gw::observe
