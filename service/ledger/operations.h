// What is done to the rows, whatever keeps them: each function is one transaction's worth, or a
// part of it.
//
// Thread safety: none; as the Rows they are given.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/ledger/record.h"
#include "service/ledger/rows.h"
#include "service/ledger/state_machine.h"
#include "service/ledger/store.h"

namespace gw::ledger {

/// Decides about an intent and records the decision: with kStart the row is PENDING when the
/// transaction is committed, and nobody else is told kStart for the same attempt. A PENDING row
/// whose owner is gone is put IN_DOUBT on the way.
Begun Begin(Rows& rows, const Intent& intent);

/// Records what became of an attempt. What does not fit any more (a newer attempt, a person's
/// decision) is kept in the trail alone.
void SettleRow(Rows& rows, SettleWork& work);

/// Takes back a begin of which it is not known whether it was recorded: nothing was sent for it.
/// Only for a row that is still PENDING and `owner`'s, or was put IN_DOUBT because that one seemed
/// gone. It can be sent again then; what was `in_doubt` before is so again.
void TakeBack(Rows& rows, const Key& key, absl::string_view owner, bool in_doubt = false);

/// Concero has cancelled the invitation: its SUCCEEDED rows become CANCELLED. How many.
int MarkCancelled(Rows& rows, int64_t invite_id, absl::string_view actor);

/// What became of a resolution.
enum class Resolved { kDone, kNotFound, kNotInDoubt };

/// Settles a doubt by a person's decision; `row` is the result.
Resolved ResolveRow(Rows& rows, const Key& key, const Resolution& resolution,
                    absl::string_view actor, absl::string_view note, Row& row);

/// Blanks address and links of every row about `email`, of whatever caller. How many there were.
int Erase(Rows& rows, absl::string_view email, absl::string_view actor);

/// Puts PENDING rows IN_DOUBT whose owner is gone, at most `limit`. How many were.
int PutOrphansInDoubt(Rows& rows, int limit);

}  // namespace gw::ledger
