#include "service/http/reading_turn.h"

#include <utility>

namespace gw::http {

void ReadingTurn::Count(CURL* easy, size_t bytes) {
  read_ += bytes;
  if (read_ < kBytes) return;
  // Both directions: with one alone libcurl would go on at once. The request has left by now.
  if (curl_easy_pause(easy, CURLPAUSE_ALL) == CURLE_OK) paused_.push_back(easy);
}

bool ReadingTurn::Next(std::vector<CURL*>& refused) {
  read_ = 0;
  const std::vector<CURL*> paused = std::exchange(paused_, {});
  for (CURL* const easy : paused) {
    if (curl_easy_pause(easy, CURLPAUSE_CONT) != CURLE_OK) refused.push_back(easy);
  }
  return !paused.empty();
}

void ReadingTurn::Forget(CURL* easy) { std::erase(paused_, easy); }

}  // namespace gw::http
