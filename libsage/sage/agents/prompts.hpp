/// Prompts as templates in files, so that they can be read, reviewed and changed without building.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sage/base/file_system.hpp"
#include "sage/base/result.hpp"
#include "sage/model/dynamic_value.hpp"
#include "sage/model/json.hpp"
#include "sage/model/value_shape.hpp"

namespace sage {

struct prompt_limits {
  std::size_t template_bytes_max = 256 * 1024;
  std::size_t rendered_bytes_max = 1024 * 1024;
  std::size_t sections_depth_max = 16;
};

/// A mustache template without escaping: `{{name}}`, `{{order.id}}`, `{{#items}}…{{.}}…{{/items}}`, `{{^items}}…`,
/// `{{! comment }}`. No partials, no other delimiters. A value; rendering is thread-safe.
class prompt {
 public:
  /// Throws errc::parse for a template that isn't one, errc::limit for one that is too large, errc::unsupported in a
  /// build without mustache.
  prompt(std::string name, std::string text, const prompt_limits& limits = {});

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  /// Changes when the text does, and only then: 16 hexadecimal digits of its stable hash. For traces and journals.
  [[nodiscard]] const std::string& fingerprint() const noexcept { return fingerprint_; }

  /// The text with `values` (a map) filled in. Everything that the template names must be there, else errc::not_found
  /// names all that isn't; null and false are there, and show nothing. Numbers are shown as JSON does.
  [[nodiscard]] result<std::string> render(const dynamic_value& values) const;
  /// The same from the fields of a described struct.
  template <encodable_record T>
  [[nodiscard]] result<std::string> render(const T& values) const {
    const auto map = from_json<dynamic_value>(to_json(values));
    return map ? render(*map) : result<std::string>(map.error());
  }

 private:
  std::string name_;
  std::string text_;
  std::string fingerprint_;
  prompt_limits limits_;
  bool has_tags_ = false;
};

/// A folder of prompts: the one called "order" is the file order.mustache.
class prompt_folder {
 public:
  explicit prompt_folder(std::string folder, file_system& files = system_files(), const prompt_limits& limits = {});

  /// errc::not_found names those that are there. A name is made of lower-case letters, digits, `_` and `-`.
  [[nodiscard]] result<prompt> load(std::string_view name) const;
  /// In order.
  [[nodiscard]] result<std::vector<std::string>> names() const;

 private:
  std::string folder_;
  file_system& files_;
  prompt_limits limits_;
};

}  // namespace sage
