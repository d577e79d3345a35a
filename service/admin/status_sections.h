// The parts of /statusz, each appended to `page`. Thread safety: pure.
#pragma once

#include <string>

#include "service/admin/status.h"

namespace gw::admin {

void AddComponents(const Status& status, std::string* page);
/// In doubt first. Nothing without a ledger.
void AddLedger(const Status& status, std::string* page);
/// With the last hour drawn.
void AddUpstream(const Status::Upstream& upstream, std::string* page);
/// Nothing without Concero.
void AddCache(const Status& status, std::string* page);
void AddCalls(const Status& status, std::string* page);
void AddCallers(const Status& status, std::string* page);
/// And certificates.
void AddKeys(const Status& status, std::string* page);
void AddProcess(const Status& status, std::string* page);
void AddConfiguration(const Status& status, std::string* page);

}  // namespace gw::admin
