// The one function of a shared library that has the client in it.
#include "concero_gateway/client.h"

/// Whether a client can be made for `target`. Thread safety: any thread.
extern "C" bool can_connect(const char* target) {
  return concero::Client::Connect({.target = target}).ok();
}
