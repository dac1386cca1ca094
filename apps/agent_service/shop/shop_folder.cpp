// The port to the shop's folder: making and removing folders, which the file port doesn't know.
#include "agent_service/shop/shop_folder.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "sage/app/environment_variables.hpp"
#include "sage/base/error.hpp"

namespace agent_service::shop {

namespace {

[[noreturn]] void refuse(const std::string& path, const std::error_code& why) {
  throw sage::error(sage::errc::io, "can't make the folder: " + why.message(), path,
                    "check path and permissions, or name another with --data");
}

}  // namespace

shop_folder::shop_folder(std::string path) : path_(std::move(path)), is_temporary_(path_.empty()) {
  if (is_temporary_) {
    path_ = sage::apps::temporary_folder() + "/agent_service.XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) refuse(path_, {errno, std::generic_category()});
    return;
  }
  std::error_code problem;
  std::filesystem::create_directories(path_, problem);
  if (problem) refuse(path_, problem);
}

shop_folder::~shop_folder() {
  std::error_code ignored;  // a folder that stays behind in the place for temporary ones does no harm
  if (is_temporary_) std::filesystem::remove_all(path_, ignored);
}

}  // namespace agent_service::shop
