// Many works in one exchange with PostgreSQL.
//
// Thread safety: none; as the connection.
#pragma once

#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "service/ledger/postgres_connection.h"
#include "service/ledger/store.h"
#include "service/observe/keyed_hash.h"

namespace gw::ledger {

/// Those of `works` that are not done and are as nearly all are: the first allocation under its
/// key, and the first outcome of an attempt. In the order of their keys, so that groups of two
/// replicas do not wait for each other in a circle; none that another work for its key stands
/// before; and of those without an id for one candidate only what is begun first.
std::vector<size_t> ChooseFirsts(absl::Span<const Work> works, const std::vector<bool>& done);

/// What does `chosen` when it is run as one transaction, or within one. It has the effect of
/// operations.h, row and event alike; where another decision is called for, it has none.
std::vector<PostgresCall> CallsOfFirsts(absl::Span<const Work> works,
                                        const std::vector<size_t>& chosen,
                                        const observe::KeyedHash& hash);

/// Takes the results, of which those for `chosen` are the last; `done` says which of them had an
/// effect.
void TakeFirsts(absl::Span<const PostgresResult> results, const std::vector<size_t>& chosen,
                absl::Span<Work> works, std::vector<bool>& done);

/// Answers those that are begun again and that nothing changes for: retries of callers. One
/// exchange, and nothing is locked or written. Leaves out `firsts`.
std::optional<PostgresError> RunReplays(PostgresConnection& connection,
                                        const observe::KeyedHash& hash,
                                        const std::vector<size_t>& firsts, absl::Span<Work> works,
                                        std::vector<bool>& done);

}  // namespace gw::ledger
