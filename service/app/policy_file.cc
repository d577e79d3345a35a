#include "service/app/policy_file.h"

#include <vector>

#include "service/keys/small_file.h"
#include "service/observe/log.h"
#include "service/rpc/policy_codec.h"

namespace gw::app {

absl::StatusOr<rpc::Policy> ReadPolicyFile(const std::string& path) {
  const auto text = keys::ReadSmallFile(path, rpc::kMaxPolicyBytes);
  if (!text.ok()) return text.status();
  return rpc::ParsePolicy(text->Reveal(), path);
}

absl::StatusOr<std::unique_ptr<PolicyFile>> PolicyFile::Open(std::string path,
                                                             rpc::Authorization& authorization,
                                                             keys::FileWatcher& watcher) {
  std::unique_ptr<PolicyFile> file(new PolicyFile(std::move(path), authorization));
  // A change is held back until there is a policy that can stay.
  std::lock_guard lock(file->mutex_);
  file->watch_ = watcher.Start({file->path_}, [made = file.get()] { return made->Reload(); });
  if (absl::Status status = file->Load(); !status.ok()) return status;
  return file;
}

bool PolicyFile::Reload() {
  std::lock_guard lock(mutex_);
  const absl::Status status = Load();
  if (status.ok()) return true;
  ++failures_;
  observe::Log(observe::LogLevel::kWarn, "policy_rejected",
               {{"message", status.message()},
                {"advice", "the policy before stays in force; correct the file"}});
  return false;
}

absl::Status PolicyFile::Load() {
  auto policy = ReadPolicyFile(path_);
  if (!policy.ok()) return policy.status();
  auto shared = std::make_shared<const rpc::Policy>(*std::move(policy));
  authorization_.Use(shared);
  observe::Log(observe::LogLevel::kInfo, "policy_loaded",
               {{"policy", shared->name},
                {"deny_rules", static_cast<int64_t>(shared->deny_rules.size())},
                {"allow_rules", static_cast<int64_t>(shared->allow_rules.size())}});
  return absl::OkStatus();
}

}  // namespace gw::app
