#include "tests/integration/calls/server.h"

#include <stdexcept>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/base/random.h"
#include "service/observe/log.h"

namespace gw::testing {

void Echo(HeldCall call) {
  if (call.request().upstreams_size() > 0) {
    call.response().add_upstreams()->set_upstream(call.request().upstreams(0));
  }
  std::move(call).Finish(absl::OkStatus());
}

Request Saying(const std::string& name) {
  Request request;
  request.add_upstreams(name);
  return request;
}

std::string Said(const Response& response) {
  return response.upstreams_size() == 1 ? response.upstreams(0).upstream() : "(nothing)";
}

void HeldCalls::Keep(HeldCall call) {
  std::lock_guard lock(mutex_);
  calls_.push_back(std::move(call));
  ++came_;
  changed_.notify_all();
}

std::vector<HeldCall> HeldCalls::Take(size_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return calls_.size() >= count; });
  return std::exchange(calls_, {});
}

size_t HeldCalls::came() {
  std::lock_guard lock(mutex_);
  return came_;
}

class Server::Service final : public rpc::RawDiagnosticsService, public rpc::QueuedService {
 public:
  Service(rpc::Prologue& prologue, observe::Metrics& metrics, Handler handler)
      : rpc_{rpc::MethodMaker(metrics, kService, absl::OkStatus())
                 .Make("Preflight", rpc::Effect::kReads),
             prologue, std::move(handler), [this](const rpc::NextCall& next) {
               rpc::Ask(&Service::RequestPreflight, *this, next);
             }} {}

  void Serve(rpc::CallQueue& queue) override { rpc::ServeUnary(rpc_, queue); }

 private:
  rpc::UnaryRpc<Request, Response> rpc_;
};

Server::Server(Handler handler, rpc::Prologue::Options options, Clock& clock)
    : calls_(observe::AccessMode::kErrors, Secret("a-key"), SystemClock(), SystemRandom()),
      prologue_(clock, calls_, options),
      handler_(std::move(handler)) {
  observe::SetLogLevel(observe::LogLevel::kError);
  for (int i = 0; i < 2; ++i) threads_.push_back(std::make_unique<LoopThread>(SystemClock()));
  threads_[0]->SetHelpers({threads_[1].get()});
  threads_[1]->SetHelpers({threads_[0].get()});
}

Server::~Server() = default;

absl::Status Server::Start(const std::string& address) {
  server_.reset();
  service_ = std::make_unique<Service>(prologue_, metrics_, handler_);
  app::GrpcServer::Options options;
  options.reflection = false;
  for (const auto& thread : threads_) options.threads.push_back(thread.get());
  auto started =
      app::GrpcServer::Start(address, options, {{kService, service_.get(), service_.get()}});
  if (!started.ok()) return started.status();
  server_ = *std::move(started);
  return absl::OkStatus();
}

bool Server::AwaitIdle() const {
  const Instant end = SystemClock().Now() + absl::Minutes(1);
  while (active() != 0 && SystemClock().Now() < end) absl::SleepFor(absl::Milliseconds(1));
  return active() == 0;
}

std::string Server::address() const { return absl::StrCat("127.0.0.1:", server_->port()); }

std::unique_ptr<Server> Started(Handler handler, rpc::Prologue::Options options) {
  auto server = std::make_unique<Server>(std::move(handler), options);
  const absl::Status status = server->Start();
  if (!status.ok()) throw std::runtime_error(std::string(status.message()));
  return server;
}

std::shared_ptr<grpc::Channel> Connect(const std::string& address,
                                       grpc::ChannelArguments arguments) {
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

const grpc::Status& ClientCall::Await() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return ended_; });
  return status_;
}

Response ClientCall::response() const {
  grpc::ByteBuffer bytes = bytes_;
  Response response;
  const grpc::Status parsed = grpc::SerializationTraits<Response>::Deserialize(&bytes, &response);
  EXPECT_TRUE(parsed.ok()) << parsed.error_message();
  return response;
}

bool ClientCall::ended() {
  std::lock_guard lock(mutex_);
  return ended_;
}

void ClientCall::Happened(bool) {
  const std::shared_ptr<ClientCall> kept = std::move(self_);
  std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

Client::Client(const std::string& address, grpc::ChannelArguments arguments)
    : channel_(Connect(address, std::move(arguments))), stub_(channel_) {
  thread_ = std::thread([this] { Run(); });
}

Client::~Client() {
  queue_.Shutdown();
  thread_.join();
}

ClientCallPtr Client::Call(const Request& request, const Configure& configure) {
  return CallWithBytes(request.SerializeAsString(), configure);
}

ClientCallPtr Client::CallWithBytes(const std::string& request, const Configure& configure) {
  auto call = std::make_shared<ClientCall>();
  call->self_ = call;
  if (configure) configure(call->context_);
  const grpc::Slice slice(request);
  call->reader_ =
      stub_.PrepareUnaryCall(&call->context_, kMethod, grpc::ByteBuffer(&slice, 1), &queue_);
  call->reader_->StartCall();
  call->reader_->Finish(&call->bytes_, &call->status_, call->Handed());
  return call;
}

void Client::Run() {
  void* tag;
  bool ok;
  while (queue_.Next(&tag, &ok)) rpc::QueueTag::Tell(tag, ok);
}

}  // namespace gw::testing
