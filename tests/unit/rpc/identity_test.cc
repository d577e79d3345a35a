#include "service/rpc/identity.h"

#include <gmock/gmock.h>
#include <grpc/grpc_security_constants.h>

#include <utility>
#include <vector>

namespace gw::rpc {
namespace {

using ::testing::ElementsAre;

using Pairs = std::vector<std::pair<std::string, std::string>>;

// What gRPC says of a peer.
class FakePeer : public grpc::AuthContext {
 public:
  explicit FakePeer(Pairs properties, bool authenticated = true)
      : properties_(std::move(properties)), authenticated_(authenticated) {}

  bool IsPeerAuthenticated() const override { return authenticated_; }
  std::vector<grpc::string_ref> GetPeerIdentity() const override { return {}; }
  std::string GetPeerIdentityPropertyName() const override { return ""; }
  std::vector<grpc::string_ref> FindPropertyValues(const std::string& name) const override {
    std::vector<grpc::string_ref> values;
    for (const auto& [key, value] : properties_) {
      if (key == name) values.emplace_back(value);
    }
    return values;
  }
  grpc::AuthPropertyIterator begin() const override { return Nothing(); }
  grpc::AuthPropertyIterator end() const override { return Nothing(); }
  void AddProperty(const std::string&, const grpc::string_ref&) override {}
  bool SetPeerIdentityPropertyName(const std::string&) override { return false; }

 private:
  struct Nothing : grpc::AuthPropertyIterator {};

  const Pairs properties_;
  const bool authenticated_;
};

const FakePeer kWebPeer({{GRPC_PEER_URI_PROPERTY_NAME, "spiffe://a/web"},
                         {GRPC_PEER_SPIFFE_ID_PROPERTY_NAME, "spiffe://a/web"},
                         {GRPC_PEER_DNS_PROPERTY_NAME, "web.a"},
                         {GRPC_X509_CN_PROPERTY_NAME, "the web"}});

Caller Of(const grpc::AuthContext* peer, const Pairs& headers, bool trust_xfcc) {
  Metadata metadata;
  for (const auto& [key, value] : headers) metadata.emplace(key, value);
  return CallerOf(peer, metadata, trust_xfcc);
}
std::string NameOf(const grpc::AuthContext* peer, const Pairs& headers, bool trust_xfcc) {
  return Of(peer, headers, trust_xfcc).name;
}

constexpr char kXfcc[] = "x-forwarded-client-cert";

TEST(CallerOf, IsWhoThePeersCertificateNames) {
  const Caller caller = Of(&kWebPeer, {}, false);
  EXPECT_EQ(caller.name, "spiffe://a/web");
  EXPECT_THAT(caller.principals, ElementsAre("spiffe://a/web", "web.a"));
}

TEST(CallerOf, IsAnonymousWithoutACertificateThatNamesOne) {
  EXPECT_EQ(NameOf(nullptr, {}, false), "anonymous");
  const FakePeer nameless(Pairs{{GRPC_X509_CN_PROPERTY_NAME, "the web"}});
  EXPECT_EQ(NameOf(&nameless, {}, false), "anonymous");
  const FakePeer unproven(Pairs{{GRPC_PEER_DNS_PROPERTY_NAME, "web.a"}}, false);
  EXPECT_EQ(NameOf(&unproven, {}, false), "anonymous");
}

TEST(CallerOf, IsWhoTheHeaderNamesWhereItIsTrusted) {
  const Pairs header = {{kXfcc, "URI=spiffe://a/batch;DNS=batch.a"}};
  for (const FakePeer* peer : {static_cast<const FakePeer*>(nullptr), &kWebPeer}) {
    const Caller caller = Of(peer, header, true);
    EXPECT_EQ(caller.name, "spiffe://a/batch");
    EXPECT_THAT(caller.principals, ElementsAre("spiffe://a/batch", "batch.a"));
  }
  EXPECT_EQ(NameOf(nullptr, {{kXfcc, "DNS=batch.a"}}, true), "batch.a");
}

TEST(CallerOf, IsNotWhoTheHeaderNamesWhereItIsNotTrusted) {
  const Pairs header = {{kXfcc, "URI=spiffe://a/batch"}};
  EXPECT_EQ(NameOf(nullptr, header, false), "anonymous");
  EXPECT_EQ(NameOf(&kWebPeer, header, false), "spiffe://a/web");
}

TEST(CallerOf, IsNamedByTheLastOfSeveralHeaders) {
  EXPECT_EQ(NameOf(nullptr, {{kXfcc, "URI=spiffe://a/1"}, {kXfcc, "URI=spiffe://a/2"}}, true),
            "spiffe://a/2");
  EXPECT_EQ(NameOf(nullptr, {{kXfcc, "URI=spiffe://a/1"}, {kXfcc, "rubbish"}}, true), "anonymous");
}

// Whose certificate the connection has is the proxy then.
TEST(CallerOf, IsNobodyWhenTheTrustedHeaderNamesNobody) {
  EXPECT_EQ(NameOf(&kWebPeer, {}, true), "anonymous");
  for (const char* header : {"rubbish", "By=spiffe://a/gw;Hash=1", "URI=", ""}) {
    EXPECT_EQ(NameOf(&kWebPeer, {{kXfcc, header}}, true), "anonymous") << header;
    EXPECT_EQ(NameOf(nullptr, {{kXfcc, header}}, true), "anonymous") << header;
  }
}

TEST(HeaderOf, IsAllValuesWithCommasBetween) {
  Metadata metadata;
  metadata.emplace("a", "1");
  metadata.emplace("b", "");
  metadata.emplace("a", "2");
  EXPECT_EQ(HeaderOf(metadata, "a"), "1,2");
  EXPECT_EQ(HeaderOf(metadata, "b"), "");
  EXPECT_EQ(HeaderOf(metadata, "c"), std::nullopt);
}

}  // namespace
}  // namespace gw::rpc
