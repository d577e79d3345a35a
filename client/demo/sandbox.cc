#include "client/demo/sandbox.h"

#include <curl/curl.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <cstddef>
#include <memory>

namespace demo {
namespace {

constexpr const char* kFinishedReport = R"({
  "reportURL": "https://concero.example/report/1", "proctoringURL": null,
  "score": 74, "totalScore": 100, "percentage": 74,
  "testStartDate": "2025-11-03T09:00:00Z", "testEndDate": "2025-11-03T09:47:12Z",
  "status": "Pass", "metadata": {"department": "Finance"}})";

// An unset value when there is none.
const google::protobuf::Value& Member(const google::protobuf::Struct& object, const char* name) {
  const auto member = object.fields().find(name);
  return member == object.fields().end() ? google::protobuf::Value::default_instance()
                                         : member->second;
}

std::size_t Append(char* data, std::size_t, std::size_t size, void* text) {
  static_cast<std::string*>(text)->append(data, size);
  return size;
}

// The answer's body when the status is 2xx.
std::optional<std::string> Ask(const char* method, const std::string& url, const char* body) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 &curl_easy_cleanup);
  std::string answer;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(curl.get(), CURLOPT_CUSTOMREQUEST, method);
  if (body != nullptr) curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, 30L);
  curl_easy_setopt(curl.get(), CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &Append);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer);
  if (curl_easy_perform(curl.get()) != CURLE_OK) return std::nullopt;
  return answer;
}

}  // namespace

std::optional<int> Sandbox::CountExaminationRequests() const {
  const auto text = Ask("GET", root_ + "journal", nullptr);
  google::protobuf::Struct journal;
  if (!text || !google::protobuf::util::JsonStringToMessage(*text, &journal).ok()) {
    return std::nullopt;
  }
  int count = 0;
  for (const auto& entry : Member(journal, "requests").list_value().values()) {
    const auto& path = Member(entry.struct_value(), "path").string_value();
    if (path == "/api/v1/examinations") ++count;
  }
  return count;
}

bool Sandbox::FinishExamination(std::int64_t invite_id) const {
  return Ask("PUT", root_ + "reports/" + std::to_string(invite_id), kFinishedReport).has_value();
}

}  // namespace demo
