#include "service/app/gateway.h"

#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/admin/admin_server.h"
#include "service/app/grpc_server.h"
#include "service/app/settings.h"
#include "service/app/upstream.h"
#include "service/base/base_url.h"
#include "service/base/clock.h"
#include "service/base/random.h"
#include "service/base/timer.h"
#include "service/concero/allocator.h"
#include "service/concero/client.h"
#include "service/concero/examination_cache.h"
#include "service/http/ca_file.h"
#include "service/http/resolver.h"
#include "service/keys/key_file.h"
#include "service/observe/call_log.h"
#include "service/observe/health.h"
#include "service/observe/keyed_hash.h"
#include "service/observe/log.h"
#include "service/observe/log_writer.h"
#include "service/observe/metrics.h"
#include "service/observe/process_metrics.h"
#include "service/rpc/assessment_service.h"
#include "service/rpc/prologue.h"
#include "service/rpc/proto_time.h"

namespace gw::app {
namespace {

using Config = gateway::config::v1::Config;

// For the last answers to reach their callers.
constexpr absl::Duration kTimeToTell = absl::Seconds(1);

// A timer on a thread of its own.
class TimerThread {
 public:
  explicit TimerThread(Clock& clock) : timer_(clock), thread_([this] { timer_.Run(); }) {}
  ~TimerThread() {
    timer_.Stop();
    thread_.join();
  }
  Timer& timer() { return timer_; }

 private:
  TimerLoop timer_;
  std::thread thread_;
};

absl::Status Named(absl::string_view key, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(key, ": ", status.message()));
}

}  // namespace

absl::StatusOr<Secrets> ReadSecrets(const Config& config) {
  if (const std::string& ca_file = config.egress().ca_file(); !ca_file.empty()) {
    if (auto status = http::CheckCaFile(ca_file); !status.ok()) {
      return Named("egress.ca_file", status);
    }
  }
  auto key = keys::ReadKeyFile(config.concero().api_key_file());
  if (!key.ok()) return Named("concero.api_key_file", key.status());
  const std::string& hash_key_file = config.log().hash_key_file();
  if (hash_key_file.empty()) {
    return Secrets{*std::move(key), observe::RandomHashKey(SystemRandom())};
  }
  auto hash_key = keys::ReadKeyFile(hash_key_file);
  if (!hash_key.ok()) return Named("log.hash_key_file", hash_key.status());
  if (hash_key->Reveal().size() < observe::kMinHashKeyBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "log.hash_key_file: ", hash_key_file, ": is shorter than ", observe::kMinHashKeyBytes,
        " bytes; write random ones in hexadecimal or base64"));
  }
  return Secrets{*std::move(key), *std::move(hash_key)};
}

// In the order in which they may use each other; destroyed the other way round.
struct Gateway::Parts {
  Parts(const Config& config, Secrets secrets)
      : calls(AccessModeOf(config.log()), std::move(secrets.log_hash_key), clock, SystemRandom()),
        timer(clock),
        resolver(clock, &http::SystemLookup),
        concero(
            ConceroUpstream(config.concero(), config.egress(), std::move(secrets.concero_api_key)),
            resolver, timer.timer(), clock, metrics, health),
        client(concero.transport()),
        allocator(concero.transport(), timer.timer(), clock, AllocatorOptions(config.concero())),
        // Twice the upstream's timeout: one for a turn under the limit, one for the request.
        list_patience(2 * rpc::ToDuration(config.concero().timeout())),
        cache([this](auto done) { FetchList(std::move(done)); }, clock, timer.timer(),
              CacheOptions(config.concero())),
        prologue(clock, calls, PrologueOptions(config.grpc())),
        handlers(client, allocator, cache, clock),
        assessment(handlers, prologue, metrics) {
    metrics.ReadCacheAge([this] { return absl::ToDoubleSeconds(cache.Age()); });
    metrics.ReadKeyAge("concero_api_key", [this, loaded = clock.Now()] {
      return absl::ToDoubleSeconds(clock.Now() - loaded);
    });
    metrics.ReadLogLinesDropped([] { return static_cast<double>(observe::LinesLost()); });
    metrics.SetBuildInfo(GATEWAY_VERSION);
    observe::ReadProcess(metrics);
  }

  void FetchList(Once<concero::ExaminationCache::Fetched> done) {
    client.ListExaminations({clock.Now() + list_patience, {}}, std::move(done));
  }

  Clock& clock = SystemClock();
  observe::Metrics metrics;
  observe::Health health;
  observe::CallLog calls;
  TimerThread timer;
  http::CachingResolver resolver;
  Upstream concero;
  concero::Client client;
  concero::Allocator allocator;
  const absl::Duration list_patience;
  concero::ExaminationCache cache;
  rpc::Prologue prologue;
  rpc::AssessmentHandlers handlers;
  rpc::AssessmentService assessment;
  std::unique_ptr<admin::AdminServer> admin;
  std::unique_ptr<GrpcServer> server;
  std::string grpc_host, admin_host;
  absl::Duration grace;
};

Gateway::Gateway(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Gateway::~Gateway() { parts_->health.SetListener(nullptr); }

absl::StatusOr<std::unique_ptr<Gateway>> Gateway::Start(const Config& config, Secrets secrets) {
  const auto grpc = ParseHostPort(config.grpc().listen());
  if (!grpc.ok()) return Named("grpc.listen", grpc.status());
  const auto admin = ParseHostPort(config.admin().listen());
  if (!admin.ok()) return Named("admin.listen", admin.status());

  auto parts = std::make_unique<Parts>(config, std::move(secrets));
  parts->grpc_host = grpc->host;
  parts->admin_host = admin->host;
  parts->grace = rpc::ToDuration(config.shutdown().grace());

  // The admin port first: gRPC serves callers from the moment it listens.
  auto admin_server =
      admin::AdminServer::Start(admin->host, admin->port, parts->health, parts->metrics);
  if (!admin_server.ok()) return Named("admin.listen", admin_server.status());
  parts->admin = *std::move(admin_server);

  auto server = GrpcServer::Start(JoinHostPort(grpc->host, grpc->port),
                                  {config.grpc().reflection(), config.grpc().channelz()},
                                  {&parts->assessment});
  if (!server.ok()) return Named("grpc.listen", server.status());
  parts->server = *std::move(server);

  parts->health.SetListener([s = parts->server.get()](const std::string& component, bool well) {
    s->SetHealth(component, well);
  });
  parts->health.SetServing(observe::Serving::kServing);
  return std::unique_ptr<Gateway>(new Gateway(std::move(parts)));
}

std::string Gateway::grpc_address() const {
  return JoinHostPort(parts_->grpc_host, parts_->server->port());
}

std::string Gateway::admin_address() const {
  return JoinHostPort(parts_->admin_host, parts_->admin->port());
}

void Gateway::AnnounceDrain() {
  parts_->health.SetListener(nullptr);
  parts_->health.SetServing(observe::Serving::kDraining);
  parts_->server->SetNotServing();
}

void Gateway::Drain() {
  const Instant end = parts_->clock.Now() + parts_->grace;
  parts_->prologue.RefuseCalls();
  // Not by gRPC's own Shutdown(deadline): that waits as well for streams that never end, such as
  // health watches. Requests are waited for besides calls: of an allocation whose caller stopped
  // waiting the outcome is worth knowing.
  const auto busy = [this] { return parts_->prologue.active() + parts_->concero.active() > 0; };
  while (busy() && parts_->clock.Now() < end) absl::SleepFor(absl::Milliseconds(5));
  // What is left is ended by us, with a reason: gRPC would tell everybody UNAVAILABLE, also of an
  // allocation in doubt.
  parts_->concero.Stop();
  const Instant told = parts_->clock.Now() + kTimeToTell;
  while (parts_->prologue.active() > 0 && parts_->clock.Now() < told) {
    absl::SleepFor(absl::Milliseconds(5));
  }
  parts_->server->Shutdown();
}

}  // namespace gw::app
