// An API that the sandbox stands in for.
//
// Thread safety: none.
#pragma once

#include "tests/sandbox/http_message.h"

namespace sandbox {

class Api {
 public:
  struct Outcome {
    Response response;
    // A write changed what it was asked to change; a read looked the thing up, found or not.
    bool executed = false;
  };

  virtual ~Api() = default;
  virtual Outcome Handle(const Request& request) = 0;
};

}  // namespace sandbox
