// Many works in one exchange with PostgreSQL.
#pragma once

#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "service/ledger/postgres_connection.h"
#include "service/ledger/store.h"
#include "service/observe/keyed_hash.h"

namespace gw::ledger {

/// Does those of `works` that are as nearly all are: the first allocation under its key, and the
/// first outcome of an attempt. One transaction, one exchange. `done` says which were; the others
/// are as if they had not been tried. With an error none was, unless `perhaps_done`.
///
/// Whatever it does has the effect of operations.h, row and event alike; what would need another
/// decision than that it leaves undone. Rows are locked in the order of their keys, so that groups
/// of two replicas do not wait for each other in a circle.
///
/// Thread safety: as the connection, as all here.
std::optional<PostgresError> RunFirsts(PostgresConnection& connection,
                                       const observe::KeyedHash& hash, absl::Span<Work> works,
                                       std::vector<bool>& done);

/// Answers those that are begun again and that nothing changes for: retries of callers. One
/// exchange, and nothing is locked or written.
std::optional<PostgresError> RunReplays(PostgresConnection& connection,
                                        const observe::KeyedHash& hash, absl::Span<Work> works,
                                        std::vector<bool>& done);

}  // namespace gw::ledger
