// `concero student`: ProctorExam's student sessions.
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/command/commands.h"
#include "client/command/json.h"
#include "client/command/limits.h"
#include "client/command/show.h"
#include "client/command/table.h"

namespace concero::command {
namespace {

using proctorexam::v1::UpdateStudentSessionRequest;

void Print(const Session& session, const proctorexam::v1::StudentSession& student) {
  if (session.json()) return session.terminal.Print(PrettyJsonOf(student));
  ShowStudent(session.terminal, student);
}

struct StudentsOptions {
  int64_t exam_id = 0;
  Limits limits{100};
};

absl::Status ListStudents(Session& session, Client& client, const StudentsOptions& options) {
  const auto students =
      client.ListStudentSessions(options.exam_id, options.limits.most(), session.call());
  if (!students.ok()) return students.status();
  if (session.json()) {
    session.terminal.Print(JsonOfAll(*students));
    return absl::OkStatus();
  }
  Table table({"ID#", "EXAM#", "NAME", "E-MAIL", "STATUS"});
  for (const auto& s : *students) {
    table.Add({absl::StrCat(s.id()), absl::StrCat(s.exam_id()), s.name(), s.email(), s.status()});
  }
  options.limits.Print(session.terminal, table, "first");
  return absl::OkStatus();
}

// An option whose value, also an empty one, is set in the request.
void AddText(CLI::App& update, UpdateStudentSessionRequest& request, const std::string& name,
             void (UpdateStudentSessionRequest::*set)(const std::string&),
             const std::string& description) {
  update
      .add_option_function<std::string>(
          name, [&request, set](const std::string& value) { (request.*set)(value); }, description)
      ->type_name("TEXT");
}

void AddFlag(CLI::App& update, UpdateStudentSessionRequest& request, const std::string& name,
             void (UpdateStudentSessionRequest::*set)(bool), const std::string& description) {
  update
      .add_option_function<bool>(
          name, [&request, set](const bool& value) { (request.*set)(value); }, description)
      ->type_name("true|false");
}

void AddUpdate(CLI::App& student, Session& session) {
  using Request = UpdateStudentSessionRequest;
  CLI::App& update =
      *student.add_subcommand("update", "Change what is given; an empty text makes empty");
  const auto request = std::make_shared<Request>();
  const auto id = std::make_shared<int64_t>(0);
  update.add_option("ID", *id, "Id of the student session")->required()->check(kAboveZero);
  AddText(update, *request, "--name", &Request::set_name<const std::string&>, "The student's name");
  AddText(update, *request, "--email", &Request::set_email<const std::string&>,
          "The student's address");
  AddText(update, *request, "--external-id", &Request::set_external_id<const std::string&>,
          "The student's id in a system of yours");
  AddText(update, *request, "--info", &Request::set_individual_info<const std::string&>,
          "What the student is shown");
  AddFlag(update, *request, "--info-is-html", &Request::set_is_individual_info_html,
          "Whether --info is HTML");
  AddFlag(update, *request, "--skip-requirements", &Request::set_skip_requirements,
          "Whether the check of the student's equipment may be left out");
  update
      .add_option_function<std::string>(
          "--open-time",
          [request](const std::string& text) {
            absl::Time time;
            std::string problem;
            if (!absl::ParseTime(absl::RFC3339_full, text, &time, &problem)) {
              throw CLI::ValidationError("'" + text +
                                         "' is no time: write it as 2025-11-03T09:00:00Z");
            }
            request->mutable_open_time()->set_seconds(absl::ToUnixSeconds(time));
          },
          "The earliest time to begin, such as 2025-11-03T09:00:00Z")
      ->type_name("TIME");
  WhenChosen(update, session, [&session, request, id] {
    if (request->ByteSizeLong() == 0) {
      return session.terminal.FailUsage("nothing is given to change; see --help");
    }
    request->set_id(*id);
    return session.With([&](Client& client) {
      const auto answer = client.UpdateStudentSession(*request, session.call());
      if (answer.ok()) Print(session, *answer);
      return answer.status();
    });
  });
}

}  // namespace

void AddStudent(CLI::App& app, Session& session) {
  CLI::App& student = AddGroup(app, "student", "See and change student sessions of ProctorExam");

  CLI::App& get = *student.add_subcommand("get", "Show a student session");
  const auto id = std::make_shared<int64_t>(0);
  get.add_option("ID", *id, "Id of the student session")->required()->check(kAboveZero);
  WhenChosen(get, session, [&session, id] {
    return session.With([&](Client& client) {
      const auto answer = client.GetStudentSession(*id, session.call());
      if (answer.ok()) Print(session, *answer);
      return answer.status();
    });
  });

  AddUpdate(student, session);

  CLI::App& list = *student.add_subcommand("list", "List student sessions");
  const auto options = std::make_shared<StudentsOptions>();
  list.add_option("--exam", options->exam_id, "Only those of this exam")
      ->check(kAboveZero)
      ->type_name("ID");
  options->limits.AddTo(list);
  WhenChosen(list, session, [&session, options] {
    return session.With([&](Client& client) { return ListStudents(session, client, *options); });
  });
}

}  // namespace concero::command
