#include "service/app/gateway.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/admin/admin_server.h"
#include "service/app/caller_guards.h"
#include "service/app/concero_stack.h"
#include "service/app/grpc_server.h"
#include "service/app/guard.h"
#include "service/app/ledger_stack.h"
#include "service/app/loop_threads.h"
#include "service/app/memory_limit.h"
#include "service/app/policy_file.h"
#include "service/app/preflight_targets.h"
#include "service/app/proctorexam_stack.h"
#include "service/app/server_tls.h"
#include "service/app/settings.h"
#include "service/app/status_reader.h"
#include "service/app/timer_thread.h"
#include "service/app/upstream.h"
#include "service/base/base_url.h"
#include "service/base/byte_budget.h"
#include "service/base/clock.h"
#include "service/base/random.h"
#include "service/http/dialer.h"
#include "service/http/resolver.h"
#include "service/keys/file_watcher.h"
#include "service/observe/call_counts.h"
#include "service/observe/call_log.h"
#include "service/observe/health.h"
#include "service/observe/log_writer.h"
#include "service/observe/metrics.h"
#include "service/observe/process_metrics.h"
#include "service/rest/preflights.h"
#include "service/rpc/allocation_service.h"
#include "service/rpc/assessment_service.h"
#include "service/rpc/authorization.h"
#include "service/rpc/diagnostics_service.h"
#include "service/rpc/prologue.h"
#include "service/rpc/proto_time.h"
#include "service/rpc/quotas.h"
#include "service/rpc/student_session_service.h"

namespace gw::app {
namespace {

using Config = gateway::config::v1::Config;

// For the last answers to reach their callers.
constexpr absl::Duration kTimeToTell = absl::Seconds(1);
// For the last outcomes to be written, when the store is slow.
constexpr absl::Duration kTimeToRecord = absl::Seconds(3);
// For the examination list of an earlier process.
constexpr absl::Duration kListPatience = absl::Seconds(2);

// What requests and answers of all calls may hold at a time; a larger answer than what is left of
// it is refused. Thirty-two of the largest that `max_response_bytes` allows by default.
constexpr size_t kMaxHeldBytes = size_t{256} << 20;

absl::Status Named(absl::string_view key, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(key, ": ", status.message()));
}

}  // namespace

// In the order in which they may use each other; destroyed the other way round.
struct Gateway::Parts {
  Parts(const Config& config, const Secrets& secrets)
      : proxy_credentials(secrets.proxy_credentials),
        calls(AccessModeOf(config.log()), secrets.log_hash_key, clock, SystemRandom()),
        timer(clock),
        resolver(clock, &http::SystemLookup),
        threads(clock),
        around{clock,  SystemRandom(), timer.timer(), resolver,          metrics,
               health, file_watcher,   memory,        proxy_credentials, threads.all()},
        quotas(clock, QuotasOptions(config.quotas())),
        counts(clock),
        prologue(clock, calls, AllOptions(config)) {}

  rpc::Prologue::Options AllOptions(const Config& config) {
    rpc::Prologue::Options options = PrologueOptions(config.grpc());
    options.authorization = &authorization;
    options.quotas = &quotas;
    options.counts = &counts;
    return options;
  }

  absl::Status Wire(const Config& config, Secrets secrets) {
    if (config.has_authorization()) {
      auto opened =
          PolicyFile::Open(config.authorization().policy_file(), authorization, file_watcher);
      if (!opened.ok()) return Named("authorization.policy_file", opened.status());
      policy_file = *std::move(opened);
      metrics.ReadReloadFailures("policy",
                                 [this] { return static_cast<double>(policy_file->failures()); });
    }
    quotas.ReadMetrics(metrics);
    if (config.has_concero()) {
      auto opened = LedgerStack::Open(config, secrets, around);
      if (!opened.ok()) return opened.status();
      ledger = *std::move(opened);
      concero = std::make_unique<ConceroStack>(config.concero(), config.egress(),
                                               std::move(secrets.concero), *ledger, around);
      concero->AwaitSavedList(kListPatience);
      upstreams.push_back(&concero->upstream());
    }
    if (config.has_proctorexam()) {
      proctorexam = std::make_unique<ProctorExamStack>(config.proctorexam(), config.egress(),
                                                       std::move(secrets.proctorexam), around);
      upstreams.push_back(&proctorexam->upstream());
    }
    assessment.emplace(concero ? &concero->handlers() : nullptr, prologue, metrics);
    allocation.emplace(concero ? &concero->allocation_handlers() : nullptr, prologue, metrics);
    student_sessions.emplace(proctorexam ? &proctorexam->client() : nullptr, prologue, metrics);
    preflights = std::make_unique<rest::Preflights>(
        PreflightTargets(concero ? &concero->upstream() : nullptr,
                         proctorexam ? &proctorexam->upstream() : nullptr),
        EchoOptions(config.egress(), proxy_credentials),
        rest::PreflightTools{resolver, dialer, clock, timer.timer()});
    diagnostics.emplace(*preflights, prologue, metrics);
    metrics.ReadLogLinesDropped([] { return static_cast<double>(observe::LinesLost()); });
    metrics.Read({"gateway_watchers", "Streams that watch something", {}, {}, [this] {
                    return static_cast<double>(prologue.watching());
                  }});
    metrics.ReadHeldBytes([this] { return static_cast<double>(memory.held()); });
    metrics.SetBuildInfo(GATEWAY_VERSION);
    metrics.ReadComponents(health);
    observe::ReadProcess(metrics);
    return absl::OkStatus();
  }

  absl::Status LoadTls(const gateway::config::v1::GrpcConfig& config) {
    if (!config.has_tls()) return absl::OkStatus();
    auto loaded = ServerTls::Load(CertificateFilesOf(config.tls()), file_watcher, clock);
    if (!loaded.ok()) return loaded.status();
    tls = *std::move(loaded);
    metrics.ReadReloadFailures("grpc_tls", [this] { return static_cast<double>(tls->failures()); });
    metrics.ReadCertificateEnd(
        "grpc_tls", [this] { return absl::ToDoubleSeconds(tls->not_after() - absl::UnixEpoch()); });
    return absl::OkStatus();
  }

  void ReadStatusOf(const Config& config) {
    status.emplace(config, StatusReader::Parts{clock, health, counts, prologue, memory, upstreams,
                                               concero.get(), ledger.get(), tls.get()});
  }

  // Null: plaintext, and every call gets to its service.
  std::shared_ptr<grpc::ServerCredentials> Credentials(
      const gateway::config::v1::GrpcConfig& config,
      const std::vector<GrpcServer::NamedService>& services) const {
    std::shared_ptr<grpc::ServerCredentials> credentials = tls ? tls->Credentials() : nullptr;
    if (policy_file == nullptr) return credentials;
    std::vector<std::string> ours;
    for (const auto& service : services) ours.push_back(service.name);
    auto guard = MakeGuard(authorization, config.trust_xfcc(), std::move(ours));
    if (credentials == nullptr) return PlaintextCredentials(std::move(guard));
    credentials->SetAuthMetadataProcessor(guard);
    return credentials;
  }

  // Calls of ours but for watches, requests to upstreams, and what is to be recorded of them.
  bool Busy() const {
    if (concero && (concero->allocations().active() > 0 || ledger->ledger().busy())) return true;
    return prologue.working() > 0 || std::any_of(upstreams.begin(), upstreams.end(),
                                                 [](const Upstream* u) { return u->active() > 0; });
  }

  Clock& clock = SystemClock();
  observe::Metrics metrics;
  observe::Health health;
  ByteBudget memory{kMaxHeldBytes};
  const Secret proxy_credentials;
  observe::CallLog calls;
  TimerThread timer;
  http::CachingResolver resolver;
  keys::FileWatcher file_watcher{clock};
  const http::SocketDialer dialer;
  const LoopThreads threads;
  const Surroundings around;
  std::unique_ptr<LedgerStack> ledger;            // null as Concero's
  std::unique_ptr<ConceroStack> concero;          // null: not configured
  std::unique_ptr<ProctorExamStack> proctorexam;  // null: not configured
  std::vector<Upstream*> upstreams;
  rpc::Authorization authorization;
  std::unique_ptr<PolicyFile> policy_file;  // null: there is none
  rpc::Quotas quotas;
  observe::CallCounts counts;
  std::unique_ptr<rest::Preflights> preflights;
  rpc::Prologue prologue;
  std::optional<rpc::AssessmentService> assessment;
  std::optional<rpc::AllocationService> allocation;
  std::optional<rpc::StudentSessionService> student_sessions;
  std::optional<rpc::DiagnosticsService> diagnostics;
  std::unique_ptr<ServerTls> tls;  // null: callers connect in plaintext
  std::optional<StatusReader> status;
  std::unique_ptr<admin::AdminServer> admin;
  std::unique_ptr<GrpcServer> server;
  std::optional<CallerGuards> guards;
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

  auto parts = std::make_unique<Parts>(config, secrets);
  if (auto status = parts->Wire(config, std::move(secrets)); !status.ok()) return status;
  parts->grpc_host = grpc->host;
  parts->admin_host = admin->host;
  parts->grace = rpc::ToDuration(config.shutdown().grace());

  if (auto status = parts->LoadTls(config.grpc()); !status.ok()) return status;

  // The admin port first: gRPC serves callers from the moment it listens.
  parts->ReadStatusOf(config);
  auto admin_server =
      admin::AdminServer::Start(admin->host, admin->port, parts->health, parts->metrics,
                                [reader = &*parts->status] { return reader->Read(); });
  if (!admin_server.ok()) return Named("admin.listen", admin_server.status());
  parts->admin = *std::move(admin_server);

  const std::vector<GrpcServer::NamedService> services = {
      {::concero::v1::AssessmentService::service_full_name(), &*parts->assessment,
       &*parts->assessment},
      {::concero::v1::AllocationService::service_full_name(), &*parts->allocation,
       &*parts->allocation},
      {::proctorexam::v1::StudentSessionService::service_full_name(), &*parts->student_sessions,
       &*parts->student_sessions},
      {gateway::v1::DiagnosticsService::service_full_name(), &*parts->diagnostics,
       &*parts->diagnostics}};
  auto server =
      GrpcServer::Start(JoinHostPort(grpc->host, grpc->port),
                        {config.grpc().reflection(), config.grpc().channelz(),
                         parts->Credentials(config.grpc(), services), parts->threads.all()},
                        services);
  if (!server.ok()) return Named("grpc.listen", server.status());
  parts->server = *std::move(server);
  parts->guards.emplace(parts->server->port(), MemoryLimit(), parts->threads.all(), parts->clock);

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

bool Gateway::Drain() {
  const Instant end = parts_->clock.Now() + parts_->grace;
  parts_->prologue.RefuseCalls();
  // Not by gRPC's own Shutdown(deadline): that waits as well for streams that never end, such as
  // health watches. Requests are waited for besides calls: of an allocation whose caller stopped
  // waiting the outcome is worth knowing.
  while (parts_->Busy() && parts_->clock.Now() < end) absl::SleepFor(absl::Milliseconds(5));
  // What is left is ended by us, with a reason: gRPC would tell everybody UNAVAILABLE, also of an
  // allocation in doubt.
  parts_->preflights->Stop();
  for (Upstream* upstream : parts_->upstreams) upstream->Stop();
  if (parts_->concero) parts_->concero->allocations().Stop();
  const Instant told = parts_->clock.Now() + kTimeToTell;
  const auto telling = [this] { return parts_->Busy() || parts_->prologue.watching() > 0; };
  while (telling() && parts_->clock.Now() < told) absl::SleepFor(absl::Milliseconds(5));
  // Who waits for the store waits for what may never come.
  if (parts_->concero) parts_->concero->allocations().StopWaitingForLedger();
  const bool recorded = !parts_->ledger || parts_->ledger->Close(kTimeToRecord);
  parts_->server->Shutdown();
  return recorded;
}

}  // namespace gw::app
