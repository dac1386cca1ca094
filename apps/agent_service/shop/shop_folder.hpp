/// The folder that holds the shop's database: the one that was asked for, or a temporary one.
#pragma once

#include <string>

namespace agent_service::shop {

/// Makes the folder when it isn't there. A temporary one goes with this object.
class shop_folder {
 public:
  /// An empty `path` is a temporary folder. Throws errc::io for one that can't be made.
  explicit shop_folder(std::string path);
  ~shop_folder();
  shop_folder(const shop_folder&) = delete;
  shop_folder& operator=(const shop_folder&) = delete;

  [[nodiscard]] bool is_temporary() const noexcept { return is_temporary_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::string database() const { return path_ + "/shop.db"; }

 private:
  std::string path_;
  bool is_temporary_;
};

}  // namespace agent_service::shop
