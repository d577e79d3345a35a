#include "service/observe/health.h"

#include <utility>

namespace gw::observe {

void Health::AddComponent(const std::string& name) {
  std::lock_guard lock(mutex_);
  components_.try_emplace(name);
}

void Health::SetComponent(const std::string& name, bool well, absl::string_view reason) {
  OnChange listener;
  {
    std::lock_guard lock(mutex_);
    Component& component = components_[name];
    component.reason = std::string(reason);
    if (std::exchange(component.well, well) == well) return;
    listener = listener_;
  }
  if (listener) listener(name, well);
}

void Health::SetListener(OnChange listener) {
  std::lock_guard lock(mutex_);
  listener_ = std::move(listener);
}

std::map<std::string, Health::Component> Health::components() const {
  std::lock_guard lock(mutex_);
  return components_;
}

}  // namespace gw::observe
