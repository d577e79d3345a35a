#include "client/command/show.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "client/command/commands.h"
#include "client/command/exit_code.h"
#include "concero_gateway/failure.h"

namespace concero::command {
namespace {

std::string Score(const v1::Report& report) {
  if (!report.has_score()) return "";
  std::string text = absl::StrCat(report.score());
  if (report.has_total_score()) absl::StrAppend(&text, " of ", report.total_score());
  if (report.has_percentage()) absl::StrAppend(&text, " (", report.percentage(), " %)");
  return text;
}

Tint OutcomeTint(v1::Outcome outcome) {
  if (outcome == v1::OUTCOME_PASS) return Tint::kGood;
  return outcome == v1::OUTCOME_FAIL ? Tint::kBad : Tint::kPlain;
}

std::string IdOf(int64_t id) { return id == 0 ? "" : absl::StrCat(id); }

}  // namespace

Table::Cell StateCell(v1::AllocationState state) {
  const std::string full = v1::AllocationState_Name(state);
  Tint tint = Tint::kPlain;
  if (state == v1::ALLOCATION_STATE_SUCCEEDED) tint = Tint::kGood;
  if (state == v1::ALLOCATION_STATE_FAILED) tint = Tint::kBad;
  if (state == v1::ALLOCATION_STATE_IN_DOUBT) tint = Tint::kDoubtful;
  return {absl::AsciiStrToLower(absl::StripPrefix(full, "ALLOCATION_STATE_")), tint};
}

v1::AllocationState StateOf(const std::string& name) {
  v1::AllocationState state = v1::ALLOCATION_STATE_UNSPECIFIED;
  const std::string plain = absl::StrReplaceAll(absl::AsciiStrToUpper(name), {{"-", "_"}});
  v1::AllocationState_Parse(absl::StrCat("ALLOCATION_STATE_", plain), &state);
  return state;
}

void ShowAllocation(const Terminal& terminal, const v1::Allocation& allocation) {
  Facts facts;
  facts.Add("request id", allocation.request_id());
  facts.Add("state", StateCell(allocation.state()));
  facts.Add("examination", IdOf(allocation.examination_id()));
  facts.Add("candidate", allocation.candidate_email());
  facts.Add("invitation", IdOf(allocation.invite_id()));
  facts.Add("link", allocation.invite_link());
  facts.Add("caller", allocation.caller());
  facts.Add("made", TimeText(allocation.has_create_time(), allocation.create_time()));
  if (allocation.attempt() > 1) facts.Add("attempt", absl::StrCat(allocation.attempt()));
  if (allocation.has_error()) facts.Add("error", Describe(FromProto(allocation.error())));
  facts.Print(terminal);
  if (allocation.events().empty()) return;
  terminal.Print("");
  Table trail({"WHEN (UTC)", "BECAME", "ATTEMPT#", "BY", "NOTE"});
  for (const auto& event : allocation.events()) {
    trail.Add({TimeText(event.has_time(), event.time()), StateCell(event.state()),
               absl::StrCat(event.attempt()), event.actor(), event.note()});
  }
  trail.Print(terminal);
}

void ShowReport(const Terminal& terminal, const v1::Report& report) {
  Facts facts;
  facts.Add("invitation", IdOf(report.invite_id()));
  facts.Add("examination",
            absl::StrCat(IdOf(report.examination_id()),
                         report.examination_name().empty() ? "" : "  ", report.examination_name()));
  facts.Add("candidate", report.candidate_email());
  facts.Add("began (UTC)", TimeText(report.has_start_time(), report.start_time()));
  facts.Add("ended (UTC)", TimeText(report.has_end_time(), report.end_time()));
  facts.Add("score", Score(report));
  facts.Add("outcome", {report.upstream_status(), OutcomeTint(report.outcome())});
  facts.Add("report", report.report_url());
  facts.Add("proctoring", report.proctoring_url());
  facts.Print(terminal);
}

void ShowStudent(const Terminal& terminal, const proctorexam::v1::StudentSession& session) {
  // As many attributes as it has: by their own names.
  Facts facts;
  const auto* const descriptor = session.GetDescriptor();
  const auto* const reflection = session.GetReflection();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const auto* const field = descriptor->field(i);
    // The token lets its owner in; whoever needs it asks for JSON.
    if (field->is_repeated() || field->name() == "extra" || field->name() == "token") continue;
    if (field->has_presence() && !reflection->HasField(session, field)) continue;
    using Field = google::protobuf::FieldDescriptor;
    std::string text;
    switch (field->cpp_type()) {
      case Field::CPPTYPE_STRING:
        text = reflection->GetString(session, field);
        break;
      case Field::CPPTYPE_BOOL:
        text = reflection->GetBool(session, field) ? "yes" : "";
        break;
      case Field::CPPTYPE_INT64:
        text = IdOf(reflection->GetInt64(session, field));
        break;
      case Field::CPPTYPE_INT32:
        text = IdOf(reflection->GetInt32(session, field));
        break;
      case Field::CPPTYPE_DOUBLE:
        text = absl::StrCat(reflection->GetDouble(session, field));
        break;
      case Field::CPPTYPE_MESSAGE:
        if (const auto* time = dynamic_cast<const google::protobuf::Timestamp*>(
                &reflection->GetMessage(session, field))) {
          text = TimeText(true, *time);
        }
        break;
      default:
        break;
    }
    facts.Add(absl::StrReplaceAll(field->name(), {{"_", " "}}), text);
  }
  facts.Print(terminal);
}

}  // namespace concero::command
