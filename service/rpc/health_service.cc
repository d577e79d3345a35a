#include "service/rpc/health_service.h"

#include <memory>
#include <optional>

namespace gw::rpc {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

// One call of Check, from when gRPC is asked for it until its answer has left.
class HealthService::Check final : QueueTag {
 public:
  Check(HealthService& service, CallQueue& queue) : service_(service), queue_(queue) {
    service_.RequestCheck(&context_, &request_, &writer_, &queue_->queue(), &queue_->queue(),
                          Handed());
  }

 private:
  void Happened(bool ok) override {
    if (answered_ || !ok) {
      delete this;
      return;
    }
    new Check(service_, *queue_);
    answered_ = true;
    HealthCheckResponse response;
    {
      std::lock_guard lock(service_.mutex_);
      response.set_status(service_.StatusOf(request_.service()));
    }
    if (response.status() == HealthCheckResponse::SERVICE_UNKNOWN) {
      writer_.FinishWithError({grpc::StatusCode::NOT_FOUND, "service name unknown"}, Handed());
    } else {
      writer_.Finish(response, grpc::Status::OK, Handed());
    }
  }

  HealthService& service_;
  const CallQueue::User queue_;
  grpc::ServerContext context_;
  HealthCheckRequest request_;
  grpc::ServerAsyncResponseWriter<HealthCheckResponse> writer_{&context_};
  bool answered_ = false;
};

// One call of Watch. It is told the latest status only: one that has changed back before the last
// word was written is not worth a word. It ends when its caller goes or the server ends, and is
// deleted when nothing of it is being written.
class HealthService::Watch final : QueueTag {
 public:
  Watch(HealthService& service, CallQueue& queue) : service_(service), queue_(queue) {
    context_.AsyncNotifyWhenDone(over_tag_.Handed());
    service_.RequestWatch(&context_, &request_, &writer_, &queue_->queue(), &queue_->queue(),
                          Handed());
  }

  const std::string& name() const { return request_.service(); }

  // Under the service's lock, as what is below.
  void Tell(ServingStatus status) {
    wanted_ = status;
    Write();
  }

 private:
  struct OverTag final : QueueTag {
    explicit OverTag(Watch& w) : watch(w) {}
    void Happened(bool) override { watch.Over(); }
    Watch& watch;
  };

  // The call has come, or something was written.
  void Happened(bool ok) override {
    bool last = false;
    {
      std::lock_guard lock(service_.mutex_);
      if (!std::exchange(come_, true)) {
        last = !ok || over_;
        if (ok) new Watch(service_, *queue_);
        if (!last) {
          service_.watches_.insert(this);
          Tell(service_.StatusOf(name()));
        }
      } else {
        writing_ = false;
        last = over_;
        if (ok && !over_) Write();
      }
    }
    if (last) delete this;
  }

  // On another thread perhaps before Happened is told that the call has come.
  void Over() {
    bool last;
    {
      std::lock_guard lock(service_.mutex_);
      service_.watches_.erase(this);
      over_ = true;
      last = come_ && !writing_;
    }
    if (last) delete this;
  }

  void Write() {
    if (writing_ || told_ == wanted_) return;
    writing_ = true;
    told_ = wanted_;
    HealthCheckResponse response;
    response.set_status(*wanted_);
    writer_.Write(response, Handed());
  }

  HealthService& service_;
  const CallQueue::User queue_;
  OverTag over_tag_{*this};
  grpc::ServerContext context_;
  HealthCheckRequest request_;
  grpc::ServerAsyncWriter<HealthCheckResponse> writer_{&context_};
  bool come_ = false, writing_ = false, over_ = false;
  std::optional<ServingStatus> wanted_, told_;
};

HealthService::~HealthService() = default;

HealthService::ServingStatus HealthService::StatusOf(const std::string& name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? HealthCheckResponse::SERVICE_UNKNOWN : found->second;
}

void HealthService::Put(const std::string& name, ServingStatus status) {
  names_[name] = status;
  for (Watch* watch : watches_) {
    if (watch->name() == name) watch->Tell(status);
  }
}

void HealthService::Set(const std::string& name, bool serving) {
  std::lock_guard lock(mutex_);
  const bool well = serving && !ended_;
  Put(name, well ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING);
}

void HealthService::SetNotServing() {
  std::lock_guard lock(mutex_);
  ended_ = true;
  for (const auto& [name, status] : names_) Put(name, HealthCheckResponse::NOT_SERVING);
}

void HealthService::Serve(CallQueue& queue) {
  new Check(*this, queue);
  new Watch(*this, queue);
}

}  // namespace gw::rpc
