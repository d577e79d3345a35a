#include "service/observe/health.h"

#include <utility>

namespace gw::observe {

absl::string_view ServingName(Serving serving) {
  switch (serving) {
    case Serving::kStarting:
      return "starting";
    case Serving::kServing:
      return "serving";
    case Serving::kDraining:
      return "draining";
  }
  return "";
}

void Health::AddComponent(const std::string& name) {
  std::lock_guard lock(mutex_);
  components_.try_emplace(name);
}

void Health::SetComponent(const std::string& name, bool well, absl::string_view reason) {
  // Under the lock: otherwise two changes could reach the listener in the wrong order.
  std::lock_guard lock(mutex_);
  Component& component = components_[name];
  component.reason = std::string(reason);
  if (std::exchange(component.well, well) == well) return;
  if (listener_) listener_(name, well);
}

void Health::ReadBreaker(const std::string& name, std::function<std::string()> read) {
  std::lock_guard lock(mutex_);
  breakers_[name] = std::move(read);
}

void Health::SetListener(OnChange listener) {
  std::lock_guard lock(mutex_);
  listener_ = std::move(listener);
  if (!listener_) return;
  for (const auto& [name, component] : components_) listener_(name, component.well);
}

std::map<std::string, Health::Component> Health::components() const {
  std::lock_guard lock(mutex_);
  std::map<std::string, Component> all = components_;
  for (const auto& [name, read] : breakers_) all[name].breaker = read();
  return all;
}

}  // namespace gw::observe
