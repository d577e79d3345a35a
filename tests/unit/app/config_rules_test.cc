#include "service/app/config_rules.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>

#include <limits>

#include "absl/strings/str_cat.h"
#include "service/app/config.h"

namespace gw::app {
namespace {

using gateway::config::v1::Config;
using google::protobuf::Duration;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string ErrorOf(const Config& config) { return std::string(ValidateConfig(config).message()); }

Config Valid() {
  const auto config = ParseConfig(
      "grpc: {allow_plaintext: true}\n"
      "concero: {base_url: \"https://portal.example\", api_key_file: key}\n"
      "proctorexam: {base_url: \"https://i.example\", api_token_file: t, secret_key_file: s}",
      "test.yaml", nullptr);
  EXPECT_TRUE(config.ok()) << config.status();
  return config.value_or(Config());
}

// Calls `visit(key, owner, field)` for each singular field below `message` that is no section.
template <class Visit>
void ForEachValue(Message* message, const std::string& prefix, const Visit& visit) {
  for (int i = 0; i < message->GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message->GetDescriptor()->field(i);
    const auto* fields = message->GetReflection();
    const auto* type = field->message_type();
    const std::string key = prefix + field->name();
    if (field->is_repeated()) continue;
    if (type == nullptr || type == Duration::descriptor()) {
      visit(key, message, field);
    } else if (fields->HasField(*message, field) && type->name() != "ByteSize") {
      ForEachValue(fields->MutableMessage(message, field), key + ".", visit);
    }
  }
}

TEST(ValidateConfig, HasARuleForEveryDurationOfTheDefaults) {
  Config config = Valid();
  int tried = 0;
  ForEachValue(&config, "",
               [&](const std::string& key, Message* owner, const FieldDescriptor* field) {
                 if (field->message_type() != Duration::descriptor()) return;
                 auto* duration = google::protobuf::DynamicCastToGenerated<Duration>(
                     owner->GetReflection()->MutableMessage(owner, field));
                 const Duration before = *duration;
                 duration->set_seconds(-1);
                 EXPECT_THAT(ErrorOf(config), StartsWith(key + ": "));
                 *duration = before;
                 ++tried;
               });
  EXPECT_EQ(tried, 28);
}

TEST(ValidateConfig, HasARuleForEveryNumberOfTheDefaults) {
  Config config = Valid();
  int tried = 0;
  ForEachValue(&config, "",
               [&](const std::string& key, Message* owner, const FieldDescriptor* field) {
                 if (field->cpp_type() != FieldDescriptor::CPPTYPE_INT32) return;
                 const auto* fields = owner->GetReflection();
                 const int32_t before = fields->GetInt32(*owner, field);
                 for (const int32_t extreme :
                      {std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()}) {
                   fields->SetInt32(owner, field, extreme);
                   EXPECT_THAT(ErrorOf(config), StartsWith(key + ": "));
                 }
                 fields->SetInt32(owner, field, before);
                 ++tried;
               });
  EXPECT_EQ(tried, 13);
}

TEST(ValidateConfig, TakesLoopbackForThisMachineOnlyWhereAProxyIsOnIt) {
  for (const bool echo : {false, true}) {
    Config config = Valid();
    if (echo) {
      config.mutable_egress()->set_echo_url("http://127.0.0.1:1");
    } else {
      config.mutable_concero()->set_base_url("http://127.0.0.1:1");
    }
    EXPECT_EQ(ErrorOf(config), "");
    config.mutable_egress()->set_proxy("http://127.0.0.1:3128");
    EXPECT_EQ(ErrorOf(config), "");
    config.mutable_egress()->set_proxy("http://proxy.example:3128");
    EXPECT_THAT(ErrorOf(config), StartsWith(echo ? "egress.echo_url: must be https://"
                                                 : "concero.base_url: http:// would send"));
  }
}

TEST(ValidateConfig, NeverQuotesAText) {
  Config config = Valid();
  config.mutable_log()->set_hash_key_file("hidden");
  config.mutable_egress()->set_proxy("hidden");
  EXPECT_THAT(ErrorOf(config), StartsWith("egress.proxy: must begin with"));
  EXPECT_THAT(ErrorOf(config), Not(HasSubstr("hidden")));
  config.clear_egress();
  int refused = 0;
  ForEachValue(&config, "",
               [&](const std::string& key, Message* owner, const FieldDescriptor* field) {
                 if (field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) return;
                 const auto* fields = owner->GetReflection();
                 const std::string before = fields->GetString(*owner, field);
                 fields->SetString(owner, field, "hidden");
                 if (!ValidateConfig(config).ok()) {
                   ++refused;
                   EXPECT_THAT(ErrorOf(config), StartsWith(key + ": "));
                 }
                 EXPECT_THAT(ErrorOf(config), Not(HasSubstr("hidden")));
                 fields->SetString(owner, field, before);
               });
  EXPECT_EQ(refused, 9);
}

TEST(ValidateConfig, AcceptsTheEndsOfEachRange) {
  for (const char* line :
       {"max_in_flight: 1", "max_in_flight: 65536", "max_queued: 0", "max_queued: 1000000",
        "max_response_bytes: 1KiB", "max_response_bytes: 1GiB", "retry: {max_attempts: 1}",
        "retry: {max_attempts: 10}", "retry: {budget_percent: 0}", "retry: {budget_percent: 100}",
        "breaker: {failure_percent: 1}", "breaker: {failure_percent: 100}",
        "retry: {initial_backoff: 2s, max_backoff: 2s}", "min_tls: \"1.2\"", "timeout: 1ms"}) {
    const std::string text =
        absl::StrCat("grpc: {allow_plaintext: true}\nconcero:\n  api_key_file: k\n",
                     "  base_url: https://p.example\n  ", line);
    EXPECT_TRUE(ParseConfig(text, "test.yaml", nullptr).ok()) << line;
  }
}

// The bad fixture has the other side.
TEST(ValidateConfig, AsksForALeaseLongerThanTheTimeoutWherePendingRowsHaveOne) {
  const std::string concero =
      "concero: {base_url: \"https://p.example\", api_key_file: k, timeout: 15s}\n";
  const std::string proctorexam =
      "proctorexam: {base_url: \"https://i.example\", api_token_file: t, secret_key_file: s, "
      "timeout: 15s}\n";
  for (const std::string& text : {concero + "ledger: {lease: 15s1ms, postgres: {url_file: u}}",
                                  concero + "ledger: {lease: 1s}",
                                  proctorexam + "ledger: {lease: 1s, postgres: {url_file: u}}"}) {
    const auto config = ParseConfig("grpc: {allow_plaintext: true}\n" + text, "test.yaml", nullptr);
    EXPECT_TRUE(config.ok()) << config.status();
  }
}

}  // namespace
}  // namespace gw::app
