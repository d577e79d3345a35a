#include "service/rpc/item_scope.h"

#include <algorithm>
#include <string>

#include "service/base/failure.h"
#include "service/rpc/validation.h"

namespace gw::rpc {

ItemScope::ItemScope(const RpcMethod& method, Prologue& prologue, const CallInfo& stream,
                     const RequestFacts& facts)
    : method_(method),
      prologue_(prologue),
      facts_(facts),
      began_(prologue.clock().Now()),
      info_(stream) {
  info_.deadline = std::min(stream.deadline, began_ + prologue.default_deadline());
  info_.record = prologue.calls().Begin(
      IsRequestId(facts.request_id) ? std::string(facts.request_id) : "", stream.record->trace());
}

void ItemScope::End(const absl::Status& status) {
  EndOfCall(method_, prologue_, info_, status, began_, facts_.email);
}

}  // namespace gw::rpc
