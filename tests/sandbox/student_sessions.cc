#include "tests/sandbox/student_sessions.h"

#include <cstdio>
#include <ctime>

#include "tests/sandbox/http_message.h"

namespace sandbox {
namespace {

// The documented example.
constexpr std::string_view kExample = R"({
  "id": 1, "session_id": null, "student_id": null, "external_id": null, "proctor_id": null,
  "time_slot": 1, "created_at": "2018-11-17T17:01:25.788+01:00",
  "updated_at": "2018-11-17T17:13:30.427+01:00", "email": "student1@example.com",
  "operating_system": "OS X 10.14.1", "browser": "Chrome", "browser_version": "70.0.3538.102",
  "status": "exam_finished", "token": null, "screenshare_check": "not_started",
  "microphone_check": "not_started", "speakers_check": "not_started",
  "webcam_check": "not_started", "mobile_check": "not_started", "dummy_exam_survey": null,
  "skip_requirements": true, "send_confirmation": false, "name": "Student 1",
  "start_time": "2018-11-17T17:09:39.373+01:00", "exam_id": 1, "expires_at": null,
  "end_time": "2018-11-17T17:10:19.477+01:00", "entered_room": true,
  "reservation_time": "2018-11-17T17:04:28.633+01:00", "exam_document_content_type": null,
  "exam_document_file_size": null, "exam_document_updated_at": null, "reviewed": "10",
  "id_card_file_name": "data", "id_card_content_type": "image/png", "id_card_file_size": 187297,
  "face_photo_file_name": "data", "face_photo_content_type": "image/png",
  "face_photo_file_size": 206025, "bandwidth_check": "not_started", "bandwidth_speed": null,
  "open_time": "2018-11-13T11:13:00.000+01:00",
  "individual_info": "individual_info for user 1", "rtc_session_id": 0, "in_setup": false,
  "in_check_requirements": false, "attempt": 0, "archived": true,
  "current_exam_mode": "01010000", "rtc_session_ids": [],
  "transcoding_status": "not_sent_to_queue", "is_individual_info_html": true, "priority": "01",
  "recording_started_at": null, "recording_ended_at": null})";

// What is not null before an exam has begun.
constexpr std::string_view kBefore = R"({
  "time_slot": 1, "status": "registered", "screenshare_check": "not_started",
  "microphone_check": "not_started", "speakers_check": "not_started",
  "webcam_check": "not_started", "mobile_check": "not_started", "skip_requirements": false,
  "send_confirmation": false, "entered_room": false, "bandwidth_check": "not_started",
  "rtc_session_id": 0, "in_setup": false, "in_check_requirements": false, "attempt": 0,
  "archived": false, "current_exam_mode": "01010000", "rtc_session_ids": [],
  "transcoding_status": "not_sent_to_queue", "is_individual_info_html": false,
  "priority": "01"})";

constexpr std::int64_t kBeginning = 1'542'470'485'788;  // when the example was made

}  // namespace

StudentSessions::StudentSessions() {
  by_id_.emplace(next_id_++, *ParseJson(kExample));
  Create(1, {{"name", "Zoë O'Brien"}, {"email", "zoe.obrien@example.com"}}, kBeginning);
  Create(1, {{"name", "Arjun Mehta"}, {"email", "arjun.mehta@example.com"}}, kBeginning);
  Create(2, {{"name", "データ 花子"}, {"email", "hanako@example.com"}}, kBeginning);
}

const Json* StudentSessions::Find(std::int64_t id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &found->second;
}

std::vector<const Json*> StudentSessions::List(std::optional<std::int64_t> exam_id) const {
  std::vector<const Json*> list;
  for (const auto& [id, session] : by_id_) {
    if (!exam_id || session.at("exam_id") == *exam_id) list.push_back(&session);
  }
  return list;
}

bool StudentSessions::IsTaken(std::int64_t exam_id, std::string_view email,
                              std::int64_t except) const {
  if (email.empty()) return false;
  const auto wanted = LowerCase(email);
  for (const auto& [id, session] : by_id_) {
    const auto& address = session.at("email");
    if (id != except && session.at("exam_id") == exam_id && address.is_string() &&
        LowerCase(address.get_ref<const std::string&>()) == wanted) {
      return true;
    }
  }
  return false;
}

const Json& StudentSessions::Create(std::int64_t exam_id, const Json& attributes,
                                    std::int64_t now) {
  const auto id = next_id_++;
  Json& session = by_id_.emplace(id, *ParseJson(kExample)).first->second;
  for (auto& value : session) value = nullptr;
  session.update(*ParseJson(kBefore));
  session["id"] = id;
  session["exam_id"] = exam_id;
  session["created_at"] = TimeText(now);
  return Update(id, attributes, now);
}

const Json& StudentSessions::Update(std::int64_t id, const Json& attributes, std::int64_t now) {
  Json& session = by_id_.at(id);
  session.update(attributes);
  session["updated_at"] = TimeText(now);
  return session;
}

void StudentSessions::Delete(std::int64_t id) { by_id_.erase(id); }

std::string StudentSessions::TimeText(std::int64_t milliseconds) {
  constexpr std::int64_t kEast = 3600;
  const auto seconds = static_cast<std::time_t>(milliseconds / 1000 + kEast);
  std::tm time{};
  gmtime_r(&seconds, &time);
  char date[32], text[48];
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &time);
  std::snprintf(text, sizeof text, "%s.%03d+01:00", date, static_cast<int>(milliseconds % 1000));
  return text;
}

}  // namespace sandbox
