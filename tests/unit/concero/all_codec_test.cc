// What holds of every decoder, whatever the body.
#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "service/concero/allocation_codec.h"
#include "service/concero/client.h"
#include "service/concero/examinations_codec.h"
#include "service/concero/failure_codec.h"
#include "service/concero/report_codec.h"
#include "tests/unit/concero/codec_bodies.h"

namespace gw::concero {
namespace {

struct Decoder {
  std::string name;
  std::string documented;
  std::function<absl::Status(absl::string_view)> decode;
};

const std::vector<Decoder>& Decoders() {
  static const auto* const decoders = new std::vector<Decoder>{
      {"examinations", kDocumentedExaminations,
       [](absl::string_view body) { return DecodeExaminations(body).status(); }},
      {"allocation", kDocumentedAllocation,
       [](absl::string_view body) { return DecodeAllocation(body).status(); }},
      {"cancellation", kDocumentedCancellation,
       [](absl::string_view body) { return DecodeCancellation(body).status(); }},
      {"report", kDocumentedReport,
       [](absl::string_view body) { return DecodeReport(body).status(); }},
      {"failure", kDocumentedAllocationFailure,
       [](absl::string_view body) {
         HasFailureEnvelope(body);
         rest::DecodeRejection(body, Dialect().our_field);
         return absl::OkStatus();
       }},
      {"rejection", R"({"message":"x","errors":{"candidate_email":["y","z"],"inviteId":["y"]}})",
       [](absl::string_view body) {
         HasFailureEnvelope(body);
         rest::DecodeRejection(body, Dialect().our_field);
         return absl::OkStatus();
       }},
  };
  return *decoders;
}

void ExpectDecodedOrRefused(const Decoder& decoder, absl::string_view body) {
  const absl::Status status = decoder.decode(body);
  EXPECT_TRUE(status.ok() || absl::IsInvalidArgument(status)) << decoder.name << ": " << status;
}

TEST(Decoders, RefuseEveryPrefixOfADocumentedBody) {
  for (const Decoder& decoder : Decoders()) {
    for (size_t size = 0; size < decoder.documented.size(); ++size) {
      const std::string prefix = decoder.documented.substr(0, size);
      const absl::Status status = decoder.decode(prefix);
      EXPECT_FALSE(HasFailureEnvelope(prefix)) << prefix;
      EXPECT_TRUE(rest::DecodeRejection(prefix, Dialect().our_field).violations.empty()) << prefix;
      if (decoder.name == "failure" || decoder.name == "rejection") continue;
      EXPECT_TRUE(absl::IsInvalidArgument(status)) << decoder.name << ": " << prefix;
    }
    ExpectDecodedOrRefused(decoder, decoder.documented);
  }
}

TEST(Decoders, DecodeOrRefuseWhateverTheBytes) {
  std::mt19937_64 random(20240715);
  const auto below = [&random](size_t n) { return static_cast<size_t>(random() % n); };
  const absl::string_view structure = "{}[]\",:\\ue0123456789-.+tfn";
  for (int round = 0; round < 20'000; ++round) {
    const Decoder& decoder = Decoders()[below(Decoders().size())];
    std::string body = decoder.documented;
    for (size_t changes = 1 + below(4); changes > 0 && !body.empty(); --changes) {
      const size_t at = below(body.size());
      switch (below(5)) {
        case 0:
          body[at] = static_cast<char>(below(256));
          break;
        case 1:
          body[at] = structure[below(structure.size())];
          break;
        case 2:
          body.erase(at, 1 + below(8));
          break;
        case 3:
          body.insert(at, 1 + below(3), structure[below(structure.size())]);
          break;
        case 4:
          body.insert(at, body.substr(below(body.size()), below(40)));
          break;
      }
    }
    ExpectDecodedOrRefused(decoder, body);
  }
}

TEST(Decoders, NeverQuoteABodyInAnError) {
  const std::vector<std::string> canaries = {"canary", "\"canary\"", "{\"canary\":\"canary\"}",
                                             "\"\\canary\"", "\"canary\xFF\""};
  for (const Decoder& decoder : Decoders()) {
    int errors = 0;
    // The canary before and in the place of every byte.
    for (size_t at = 0; at < decoder.documented.size(); ++at) {
      for (const std::string& canary : canaries) {
        for (int length : {0, 1}) {
          std::string body = decoder.documented;
          const absl::Status status = decoder.decode(body.replace(at, length, canary));
          EXPECT_FALSE(absl::StrContains(status.message(), "canary")) << status;
          if (!status.ok()) ++errors;
        }
      }
    }
    if (decoder.name != "failure" && decoder.name != "rejection") {
      EXPECT_GT(errors, 400);
    }
  }
}

TEST(Decoders, NeverQuoteAValueOfTheWrongTypeOrItsKey) {
  // Each value of each documented body, replaced.
  for (const Decoder& decoder : Decoders()) {
    for (size_t colon = decoder.documented.find(':'); colon != std::string::npos;
         colon = decoder.documented.find(':', colon + 1)) {
      const size_t end = decoder.documented.find_first_of(",\n", colon);
      for (const char* value : {R"("https://canary/a@canary")", R"(["canary"])", R"({"canary":1})",
                                R"(7,"canary":1,"canary":2)", "-4711"}) {
        std::string body = decoder.documented;
        const absl::Status status = decoder.decode(body.replace(colon + 1, end - colon - 1, value));
        EXPECT_FALSE(absl::StrContains(status.message(), "canary")) << status;
        EXPECT_FALSE(absl::StrContains(status.message(), "4711")) << status;
      }
    }
  }
}

}  // namespace
}  // namespace gw::concero
