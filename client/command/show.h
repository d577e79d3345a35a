// Things of the gateway's, for people to read.
#pragma once

#include <string>

#include "client/command/table.h"
#include "client/command/terminal.h"
#include "concero/v1/allocation.pb.h"
#include "concero/v1/assessment.pb.h"
#include "proctorexam/v1/student_session.pb.h"

namespace concero::command {

/// Each prints one. Thread safety: as the terminal's.
void ShowAllocation(const Terminal& terminal, const v1::Allocation& allocation);
void ShowReport(const Terminal& terminal, const v1::Report& report);
void ShowStudent(const Terminal& terminal, const proctorexam::v1::StudentSession& session);

/// `in_doubt`, with its color. Thread safety: pure.
Table::Cell StateCell(v1::AllocationState state);

/// The state of a name as StateCell has it; UNSPECIFIED for none. Thread safety: pure.
v1::AllocationState StateOf(const std::string& name);

}  // namespace concero::command
