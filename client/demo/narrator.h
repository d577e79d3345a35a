// Makes calls and shows them: what was asked, what came back, how long it took.
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <string_view>

namespace demo {

// Protobuf's own JSON, as `buf curl` and grpcurl show messages too.
void ShowMessage(std::string_view label, const google::protobuf::Message& message);

// The code, the message and the details: each failure of the gateway's has a google.rpc.ErrorInfo
// with a reason, and more where it applies.
void ShowFailure(const grpc::Status& status);

void ShowTitle(std::string_view title);
void ShowNote(std::string_view note);
void ShowElapsed(std::chrono::steady_clock::duration elapsed);

// One unary call. `method` is the stub's, for example &Stub::GetReport.
template <typename Stub, typename Request, typename Response>
grpc::Status Call(Stub& stub,
                  grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                  const Request& request, Response* response) {
  ShowMessage("request", request);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  const auto start = std::chrono::steady_clock::now();
  const auto status = (stub.*method)(&context, request, response);
  ShowElapsed(std::chrono::steady_clock::now() - start);
  if (status.ok()) {
    ShowMessage("answer", *response);
  } else {
    ShowFailure(status);
  }
  return status;
}

}  // namespace demo
