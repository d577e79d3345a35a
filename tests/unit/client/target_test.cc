#include "client/library/target.h"

#include <gtest/gtest.h>

namespace concero {
namespace {

TEST(ClientTarget, IsTakenInEachOfItsForms) {
  for (const char* target :
       {"gateway:50051", "10.0.0.1:50051", "[::1]:50051", "dns:///gateway:50051",
        "dns:gateway.example:443", "dns://10.0.0.53/gateway:50051", "dns:///[::1]:50051",
        "ipv4:10.0.0.1:50051,10.0.0.2:50051", "ipv6:[::1]:50051", "unix:/run/gateway.sock",
        "unix:///run/gateway.sock", "unix-abstract:gateway"}) {
    EXPECT_TRUE(CheckTarget(target).ok()) << target << ": " << CheckTarget(target);
  }
}

TEST(ClientTarget, IsRefusedWhereGrpcWouldLookForAHostOfThatName) {
  for (const char* target : {"",
                             "gateway",
                             "gateway:",
                             ":50051",
                             "gateway:0",
                             "gateway:65536",
                             "gateway:http",
                             "gateway:-1",
                             "::1:50051",
                             "[]:50051",
                             "[::1]",
                             "http://gateway:50051",
                             "https://gateway",
                             "gateway :50051",
                             "gateway:50051\n",
                             "dns:///",
                             "dns://gateway:50051",
                             "dns:///gateway",
                             "ipv4:10.0.0.1",
                             "ipv4:10.0.0.1:50051,",
                             "ipv6:::1:50051",
                             "unix:",
                             "g\xC3\xA4teway:50051",
                             "gateway:50051/path",
                             "user@gateway:50051"}) {
    const absl::Status status = CheckTarget(target);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << target;
    EXPECT_EQ(status.message().substr(0, 8), "target: ") << target;
  }
}

}  // namespace
}  // namespace concero
