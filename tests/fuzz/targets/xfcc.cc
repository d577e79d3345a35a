// The header in which a proxy says who calls.
#include "service/rpc/xfcc.h"

#include <utility>

#include "service/rpc/caller.h"
#include "tests/fuzz/rules.h"
#include "tests/fuzz/target.h"

namespace gw::fuzz {

FUZZ_TARGET(xfcc) {
  auto names = rpc::LastXfccElement(input);
  if (!names) return;
  const rpc::Caller caller =
      rpc::CallerWithNames(std::move(names->uris), std::move(names->dns_names));
  ExpectNoControls(caller.name);
  Expect(!caller.name.empty() && caller.name.size() <= rpc::kMaxPrincipalBytes,
         "a caller has a name of a bearable length");
  Expect((caller.name == rpc::kAnonymous) == caller.principals.empty(),
         "who has no names is anonymous, and nobody else");
}

}  // namespace gw::fuzz
