#include "service/keys/key_ring.h"

#include <algorithm>
#include <utility>

namespace gw::keys {
namespace {

bool Same(const Credential& a, const Credential& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Secret& x, const Secret& y) { return x.Reveal() == y.Reveal(); });
}

}  // namespace

KeyRing::KeyRing(Credential first, absl::Duration overlap, Clock& clock)
    : overlap_(overlap),
      clock_(clock),
      current_(std::make_shared<const Credential>(std::move(first))),
      since_(current_->size(), clock.Now()) {}

KeyRing::Keys KeyRing::Now() const {
  std::lock_guard lock(mutex_);
  if (previous_ == nullptr || clock_.Now() >= previous_until_) return {current_, nullptr};
  return {current_, previous_};
}

bool KeyRing::Replace(Credential next) {
  std::lock_guard lock(mutex_);
  if (Same(*current_, next)) return false;
  const Instant now = clock_.Now();
  auto replacement = std::make_shared<const Credential>(std::move(next));
  since_.resize(replacement->size(), now);
  for (size_t i = 0; i < replacement->size(); ++i) {
    if (i >= current_->size() || (*replacement)[i].Reveal() != (*current_)[i].Reveal()) {
      since_[i] = now;
    }
  }
  if (proven_ || previous_ == nullptr || now >= previous_until_) previous_ = std::move(current_);
  proven_ = false;
  current_ = std::move(replacement);
  previous_until_ = now + overlap_;
  return true;
}

void KeyRing::SetProven(const Credential& credential) {
  std::lock_guard lock(mutex_);
  if (current_.get() == &credential) proven_ = true;
}

absl::Duration KeyRing::age(size_t i) const {
  std::lock_guard lock(mutex_);
  return clock_.Now() - since_.at(i);
}

}  // namespace gw::keys
