#include "service/app/grpc_server.h"

#include <grpc/grpc.h>
#include <grpc/support/time.h>
#include <grpcpp/ext/channelz_service_plugin.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/impl/server_builder_plugin.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <latch>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/app/grpc_limits.h"
#include "service/app/library_logs.h"
#include "service/base/clock.h"

namespace gw::app {
namespace {

// The libraries of reflection and channelz register themselves for every builder; this takes one
// out of one builder again.
class WithoutPlugin : public grpc::ServerBuilderOption {
 public:
  explicit WithoutPlugin(absl::string_view name) : name_(name) {}
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    std::erase_if(*plugins,
                  [this](const auto& plugin) { return absl::StrContains(plugin->name(), name_); });
  }

 private:
  const absl::string_view name_;
};

// gRPC's server is told to shut down while none of the threads can be asking it for a call. Who
// asks looks first whether the server is shut down, and is put in its queue then
// (QueueRequestedCall in src/core/lib/surface/server.cc of 1.51): in between, the whole of a
// shutdown can pass, which then never tells of that call. After it, everybody is told at once.
class ShutdownBegun {
 public:
  ShutdownBegun(grpc_server* server, const std::vector<LoopThread*>& threads)
      : queue_(grpc_completion_queue_create_for_next(nullptr)) {
    std::latch all_rest(static_cast<std::ptrdiff_t>(threads.size()));
    std::latch begun(1);
    std::latch all_left(static_cast<std::ptrdiff_t>(threads.size()));
    for (LoopThread* thread : threads) {
      thread->Post([&] {
        all_rest.count_down();
        begun.wait();
        all_left.count_down();
      });
    }
    all_rest.wait();
    grpc_server_shutdown_and_notify(server, queue_, nullptr);
    begun.count_down();
    all_left.wait();
  }
  // When the server has shut down.
  ~ShutdownBegun() {
    const gpr_timespec never = gpr_inf_future(GPR_CLOCK_MONOTONIC);
    grpc_completion_queue_next(queue_, never, nullptr);
    grpc_completion_queue_shutdown(queue_);
    grpc_completion_queue_next(queue_, never, nullptr);
    grpc_completion_queue_destroy(queue_);
  }
  ShutdownBegun(const ShutdownBegun&) = delete;
  ShutdownBegun& operator=(const ShutdownBegun&) = delete;

 private:
  grpc_completion_queue* const queue_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(
    const std::string& address, const Options& options, const std::vector<NamedService>& services) {
  AdoptLibraryLogs();
  grpc::EnableDefaultHealthCheckService(false);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::channelz::experimental::InitChannelzService();

  std::unique_ptr<GrpcServer> made(new GrpcServer);
  grpc::ServerBuilder builder;
  // Otherwise a second process shares the port in silence and takes half of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddListeningPort(
      address, options.credentials ? options.credentials : grpc::InsecureServerCredentials(),
      &made->port_);
  SetLimits(builder);
  for (const NamedService& named : services) builder.RegisterService(named.service);
  builder.RegisterService(&made->health_);
  if (!options.reflection) builder.SetOption(std::make_unique<WithoutPlugin>("reflection"));
  if (!options.channelz) builder.SetOption(std::make_unique<WithoutPlugin>("channelz"));
  // What it would show is otherwise gathered for nobody.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ, options.channelz ? 1 : 0);
  made->queue_ = std::make_unique<rpc::CallQueue>(builder.AddCompletionQueue());
  made->server_ = builder.BuildAndStart();
  if (made->server_ == nullptr || made->port_ == 0) {
    return absl::UnavailableError(absl::StrCat("cannot listen at ", address));
  }
  for (const NamedService& named : services) named.queued->Serve(*made->queue_);
  made->health_.Serve(*made->queue_);
  made->SetHealth("", true);
  for (const NamedService& named : services) made->SetHealth(named.name, true);
  made->SetHealth("grpc.health.v1.Health", true);
  if (options.reflection) made->SetHealth("grpc.reflection.v1alpha.ServerReflection", true);
  if (options.channelz) made->SetHealth("grpc.channelz.v1.Channelz", true);
  // The first calls are answered from here on.
  for (LoopThread* thread : options.threads) {
    thread->Share(*made->queue_, thread == options.threads.front());
    made->threads_.push_back(thread);
  }
  return made;
}

GrpcServer::~GrpcServer() {
  if (server_ != nullptr) Shutdown();
}

void GrpcServer::SetHealth(const std::string& name, bool serving) { health_.Set(name, serving); }

void GrpcServer::SetNotServing() { health_.SetNotServing(); }

void GrpcServer::Shutdown() {
  {
    const ShutdownBegun begun(server_->c_server(), threads_);
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
  }
  for (LoopThread* thread : std::exchange(threads_, {})) thread->Unshare();
  queue_->Close();
}

}  // namespace gw::app
