#include "service/concero/list_updates.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/util/time_util.h>
#include <google/protobuf/wire_format_lite.h>

#include <cstdint>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "concero/v1/assessment.pb.h"

namespace gw::concero {
namespace {

using ::concero::v1::Examination;
using ::concero::v1::ExaminationsChange;
using ::concero::v1::ExaminationsSnapshot;
using ::concero::v1::ListExaminationsResponse;
using ::concero::v1::WatchExaminationsResponse;

// The examinations of a list are kept as the bytes of such a field.
constexpr int kKept = ListExaminationsResponse::kExaminationsFieldNumber;
static_assert(int{ExaminationsSnapshot::kExaminationsFieldNumber} == kKept);
static_assert(int{ExaminationsChange::kAddedFieldNumber} == kKept);

// Of the last message of an update.
void Conclude(const ExaminationList& list, WatchExaminationsResponse& message) {
  *message.mutable_fetch_time() = google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(
      absl::ToUnixMicros(list.fetch_time));
  message.set_version(list.version);
}

// A message whose field `number` is a message of these bytes.
std::string Wrap(int number, absl::string_view inside, const WatchExaminationsResponse& rest) {
  std::string out;
  {
    google::protobuf::io::StringOutputStream stream(&out);
    google::protobuf::io::CodedOutputStream coded(&stream);
    using google::protobuf::internal::WireFormatLite;
    coded.WriteTag(WireFormatLite::MakeTag(number, WireFormatLite::WIRETYPE_LENGTH_DELIMITED));
    coded.WriteVarint32(static_cast<uint32_t>(inside.size()));
    coded.WriteRaw(inside.data(), static_cast<int>(inside.size()));
  }
  rest.AppendToString(&out);
  return out;
}

// Collects changes, and begins another message when one is full.
class Changes {
 public:
  explicit Changes(size_t most_bytes) : most_bytes_(most_bytes) {}

  void Add(const Examination& e) { *Room(e.ByteSizeLong()).add_added() = e; }
  void Rename(const Examination& e) { *Room(e.ByteSizeLong()).add_renamed() = e; }
  void Remove(int64_t id) { Room(sizeof id).add_removed_ids(id); }

  ListUpdate Finish(const ExaminationList& to) {
    Conclude(to, message_);
    message_.mutable_change();
    Put();
    return std::move(out_);
  }

 private:
  ExaminationsChange& Room(size_t bytes) {
    if (bytes_ > 0 && bytes_ + bytes > most_bytes_) {
      Put();
      message_.Clear();
      bytes_ = 0;
    }
    bytes_ += bytes + 4;  // its tag and length
    return *message_.mutable_change();
  }
  void Put() { out_.push_back(std::make_shared<std::string>(message_.SerializeAsString())); }

  const size_t most_bytes_;
  size_t bytes_ = 0;
  WatchExaminationsResponse message_;
  ListUpdate out_;
};

}  // namespace

ListUpdate MakeSnapshot(const ExaminationList& list, size_t most_bytes) {
  ListUpdate out;
  const size_t total = list.ends.size();
  size_t next = 0;
  size_t begin = 0;
  do {
    size_t end = begin;
    // One at least, however large.
    while (next < total && (end == begin || list.ends[next] - begin <= most_bytes)) {
      end = list.ends[next++];
    }
    WatchExaminationsResponse rest;
    if (next == total) Conclude(list, rest);
    out.push_back(std::make_shared<std::string>(
        Wrap(out.empty() ? WatchExaminationsResponse::kSnapshotFieldNumber
                         : WatchExaminationsResponse::kChangeFieldNumber,
             absl::string_view(list.encoded).substr(begin, end - begin), rest)));
    begin = end;
  } while (next < total);
  return out;
}

ListUpdate MakeChange(const ExaminationList& from, const ExaminationList& to, size_t most_bytes) {
  absl::flat_hash_map<int64_t, absl::string_view> before;
  for (const Examination& e : from.examinations) before[e.id()] = e.name();
  absl::flat_hash_map<int64_t, const Examination*> now;
  for (const Examination& e : to.examinations) now[e.id()] = &e;

  Changes changes(most_bytes);
  for (const Examination& e : to.examinations) {
    if (now[e.id()] != &e) continue;  // another of this id comes
    const auto known = before.find(e.id());
    if (known == before.end()) {
      changes.Add(e);
    } else if (known->second != e.name()) {
      changes.Rename(e);
    }
  }
  absl::flat_hash_set<int64_t> removed;
  for (const Examination& e : from.examinations) {
    if (!now.contains(e.id()) && removed.insert(e.id()).second) changes.Remove(e.id());
  }
  return changes.Finish(to);
}

}  // namespace gw::concero
