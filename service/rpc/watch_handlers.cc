#include "service/rpc/watch_handlers.h"

#include <cstddef>
#include <optional>
#include <utility>

#include "service/rpc/proto_time.h"
#include "service/rpc/validation.h"
#include "service/rpc/watch_stream.h"

namespace gw::rpc {
namespace {

namespace pb = ::concero::v1;

class ExaminationWatch final : public WatchStream<EncodedResponse> {
 public:
  ExaminationWatch(StreamDriver<EncodedResponse>& driver, concero::ExaminationFeed& feed,
                   concero::ExaminationListPtr known)
      : WatchStream(driver), feed_(feed), told_(std::move(known)) {}

 private:
  void Begin() override {
    watching_ = feed_.Watch([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->Wake();
    });
  }

  Step Next(EncodedResponse& response) override {
    if (update_ == nullptr) {
      concero::ExaminationListPtr now = feed_.Current();
      if (now == nullptr) return Nothing();
      const bool news = told_ == nullptr || told_->version != now->version;
      if (news) update_ = feed_.Update(told_, now);
      told_ = std::move(now);  // in any case: so an older one is not kept
      if (!news) return Nothing();
      next_ = 0;
    }
    response.bytes = (*update_)[next_];
    if (++next_ == update_->size()) update_ = nullptr;
    return Say();
  }

  concero::ExaminationFeed& feed_;
  concero::ExaminationListPtr told_;                   // what the caller has, or is being told
  std::shared_ptr<const concero::ListUpdate> update_;  // of which there is more to say
  size_t next_ = 0;
  std::unique_ptr<concero::ExaminationFeed::Watching> watching_;
};

class ReportWatch final : public WatchStream<pb::WatchReportResponse> {
 public:
  ReportWatch(StreamDriver<pb::WatchReportResponse>& driver, const pb::WatchReportRequest& request,
              concero::ReportWatches& reports)
      : WatchStream(driver), reports_(reports), invite_id_(request.invite_id()) {
    if (request.has_poll_interval()) interval_ = ToDuration(request.poll_interval());
    invalid_ = Validate(request);
  }

 private:
  void Begin() override {
    if (!invalid_.ok()) return;
    watching_ = reports_.Watch(invite_id_, interval_, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->Wake();
    });
  }

  Step Next(pb::WatchReportResponse& response) override {
    if (!invalid_.ok()) return invalid_;
    // In this order: what has ended has no report after that.
    const std::optional<absl::Status> ended = watching_->ended();
    concero::ReportPtr report = watching_->report();
    if (report == told_) return ended ? Step(*ended) : Nothing();
    *response.mutable_report() = *report;
    told_ = std::move(report);
    return Say();
  }

  concero::ReportWatches& reports_;
  const int64_t invite_id_;
  std::optional<absl::Duration> interval_;
  absl::Status invalid_;
  concero::ReportPtr told_;
  std::unique_ptr<concero::ReportWatches::Watching> watching_;
};

}  // namespace

std::shared_ptr<StreamHandler> WatchHandlers::WatchExaminations(
    StreamDriver<EncodedResponse>& driver, const pb::WatchExaminationsRequest& request) {
  concero::ExaminationListPtr known;
  if (!request.known_version().empty()) known = cache_.OfVersion(request.known_version());
  return std::make_shared<ExaminationWatch>(driver, feed_, std::move(known));
}

std::shared_ptr<StreamHandler> WatchHandlers::WatchReport(
    StreamDriver<pb::WatchReportResponse>& driver, const pb::WatchReportRequest& request) {
  return std::make_shared<ReportWatch>(driver, request, reports_);
}

}  // namespace gw::rpc
