#include "client/demo/narrator.h"

#include <google/protobuf/util/json_util.h>

#include <iomanip>
#include <iostream>
#include <sstream>
#include <string>

#include "google/rpc/code.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace demo {
namespace {

void ShowDetail(const google::protobuf::Any& detail) {
  google::rpc::ErrorInfo info;
  google::rpc::BadRequest bad_request;
  google::rpc::RetryInfo retry;
  if (detail.UnpackTo(&info)) {
    std::cout << "           reason " << info.reason() << ", domain " << info.domain() << '\n';
    for (const auto& [key, value] : info.metadata()) {
      std::cout << "             " << key << ": " << value << '\n';
    }
  } else if (detail.UnpackTo(&bad_request)) {
    for (const auto& violation : bad_request.field_violations()) {
      std::cout << "           field " << violation.field() << ": " << violation.description()
                << '\n';
    }
  } else if (detail.UnpackTo(&retry)) {
    std::cout << "           retry after " << retry.retry_delay().ShortDebugString() << '\n';
  }
}

}  // namespace

void ShowMessage(std::string_view label, const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  std::string json;
  (void)google::protobuf::util::MessageToJsonString(message, &json, options);
  std::istringstream lines(json);
  std::string line;
  while (std::getline(lines, line)) {
    std::cout << "  " << std::left << std::setw(9) << label << line << '\n';
    label = "";
  }
  std::cout << std::flush;
}

void ShowFailure(const grpc::Status& status) {
  const auto code = static_cast<google::rpc::Code>(status.error_code());
  std::cout << "  failure  " << google::rpc::Code_Name(code) << ": " << status.error_message()
            << '\n';
  google::rpc::Status details;
  if (details.ParseFromString(status.error_details())) {
    for (const auto& detail : details.details()) ShowDetail(detail);
  }
  std::cout << std::flush;
}

void ShowTitle(std::string_view title) { std::cout << "\n== " << title << '\n' << std::flush; }

void ShowNote(std::string_view note) { std::cout << "  -> " << note << '\n' << std::flush; }

void ShowElapsed(std::chrono::steady_clock::duration elapsed) {
  const std::chrono::duration<double, std::milli> milliseconds = elapsed;
  std::cout << "  took     " << std::fixed << std::setprecision(1) << milliseconds.count() << " ms"
            << std::endl;
}

}  // namespace demo
