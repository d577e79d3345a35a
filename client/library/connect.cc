// Client::Connect.
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <utility>

#include "client/library/grpc_client.h"
#include "client/library/key_material.h"
#include "client/library/target.h"

namespace concero {
namespace {

// The gateway bears one ping each 10 s, also of a connection without calls (service/app).
constexpr int kPingAfterMs = 30'000, kPongWithinMs = 10'000;
// gRPC's own are 1 s and two minutes: callers would stay away for long after a short outage.
constexpr int kReconnectAfterMs = 200, kReconnectAtLastMs = 2'000;
// gRPC's own is 30 s: so long a name's new addresses would not be seen after a rollout.
constexpr int kLookUpAfterMs = 5'000;

grpc::ChannelArguments ArgumentsOf(const ClientOptions& options) {
  grpc::ChannelArguments arguments;
  if (!options.service_config.empty()) arguments.SetServiceConfigJSON(options.service_config);
  if (options.tls && !options.tls->server_name.empty()) {
    arguments.SetSslTargetNameOverride(options.tls->server_name);
  }
  // A peer that vanished without a word is noticed under a stream that waits, too.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kPingAfterMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kPongWithinMs);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectAfterMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectAtLastMs);
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, kLookUpAfterMs);
  arguments.SetUserAgentPrefix("concero-gateway-client");
  // Else clients with other certificates would share connections with this one.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return arguments;
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> CredentialsOf(
    const ClientOptions& options) {
  if (!options.tls) return grpc::InsecureChannelCredentials();
  auto material = ReadKeyMaterial(*options.tls);
  if (!material.ok()) return material.status();
  grpc::SslCredentialsOptions ssl;
  ssl.pem_root_certs = std::move(material->ca);
  ssl.pem_cert_chain = std::move(material->certificates);
  ssl.pem_private_key = std::move(material->key);
  return grpc::SslCredentials(ssl);
}

// gRPC makes a channel of arguments that it refuses, too, but one that fails from the beginning.
bool IsRefused(const std::shared_ptr<grpc::Channel>& channel) {
  return channel->GetState(/*try_to_connect=*/false) != GRPC_CHANNEL_IDLE;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Client>> Client::Connect(ClientOptions options) {
  if (options.timeout <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError("timeout: must be above zero");
  }
  if (auto status = CheckTarget(options.target); !status.ok()) return status;
  const auto credentials = CredentialsOf(options);
  if (!credentials.ok()) return credentials.status();

  auto channel = grpc::CreateCustomChannel(options.target, *credentials, ArgumentsOf(options));
  if (IsRefused(channel)) {
    options.service_config.clear();
    channel = grpc::CreateCustomChannel(options.target, *credentials, ArgumentsOf(options));
    return absl::InvalidArgumentError(IsRefused(channel)
                                          ? "target: gRPC does not understand it"
                                          : "service_config: gRPC does not understand it");
  }
  return std::make_unique<GrpcClient>(channel, options.timeout);
}

}  // namespace concero
