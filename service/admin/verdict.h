// How it is, in a sentence and in a color: what /statusz says first.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "service/admin/status.h"

namespace gw::admin {

/// A sentence for whoever was woken: what fails first, then what waits for people. All is well only
/// when there is nothing of either. Thread safety: pure.
std::string Verdict(const Status& status);

/// A class of the page's. `bad`: a component is unwell, a breaker is open, or a certificate is
/// over. `warn`: Verdict names something else, or it does not serve. `good`: nothing is to be done.
/// Thread safety: pure.
absl::string_view Color(const Status& status);

/// The same of one certificate; `warn` when it ends in less than 21 days. Thread safety: pure.
absl::string_view Color(const Status::Certificate& certificate, absl::Time now);

/// How many allocations are in doubt; 0 also when they are not counted yet. Thread safety: pure.
int64_t InDoubt(const Status& status);

}  // namespace gw::admin
