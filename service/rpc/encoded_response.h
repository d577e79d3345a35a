// A response that is bytes already.
#pragma once

#include <memory>
#include <string>

namespace gw::rpc {

/// The response of a method whose answers are shared between calls: not a message to be encoded for
/// each, but its encoding. Must be set when the call is finished OK. Thread safety: a value.
struct EncodedResponse {
  std::shared_ptr<const std::string> bytes;
};

}  // namespace gw::rpc
