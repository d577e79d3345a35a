// What WatchExaminations and WatchReport do.
#pragma once

#include <memory>

#include "concero/v1/assessment.pb.h"
#include "service/concero/examination_cache.h"
#include "service/concero/examination_feed.h"
#include "service/concero/report_watches.h"
#include "service/rpc/encoded_response.h"
#include "service/rpc/stream.h"

namespace gw::rpc {

/// Makes what answers a stream, whose driver and request live as long as StreamDriver says.
/// Thread safety: all functions may be called from any thread.
class WatchHandlers {
 public:
  /// References outlive it and every stream.
  WatchHandlers(concero::ExaminationCache& cache, concero::ExaminationFeed& feed,
                concero::ReportWatches& reports)
      : cache_(cache), feed_(feed), reports_(reports) {}

  std::shared_ptr<StreamHandler> WatchExaminations(
      StreamDriver<EncodedResponse>& driver,
      const ::concero::v1::WatchExaminationsRequest& request);
  std::shared_ptr<StreamHandler> WatchReport(
      StreamDriver<::concero::v1::WatchReportResponse>& driver,
      const ::concero::v1::WatchReportRequest& request);

 private:
  concero::ExaminationCache& cache_;
  concero::ExaminationFeed& feed_;
  concero::ReportWatches& reports_;
};

}  // namespace gw::rpc
