/// Reads the fields of JSON that a caller has sent, and keeps the first thing that is wrong with them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sage/model/dynamic_value.hpp"
#include "sage/serving/http_problem.hpp"

namespace sage::serving {

/// One object of the body, at `path`. A field that is missing or null is nothing; one of another type is a problem
/// that names it. After the first problem the rest may still be read: it is not told.
class caller_fields {
 public:
  /// What isn't an object is a problem. Both outlive this.
  caller_fields(const dynamic_value& of, std::string path, std::optional<http_problem>& problem);

  [[nodiscard]] const dynamic_value* find(std::string_view name) const noexcept;
  [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
  /// Refuses a text that is missing or empty.
  [[nodiscard]] std::string required_text(std::string_view name) const;
  [[nodiscard]] std::optional<bool> flag(std::string_view name) const;
  [[nodiscard]] std::optional<double> number(std::string_view name, double least, double most) const;
  [[nodiscard]] std::optional<std::uint64_t> whole(std::string_view name, std::uint64_t least,
                                                   std::uint64_t most) const;
  /// At most `count_max` elements.
  [[nodiscard]] const dynamic_list* list(std::string_view name, std::size_t count_max) const;
  [[nodiscard]] std::optional<caller_fields> object(std::string_view name) const;

  [[nodiscard]] std::string path_of(std::string_view name) const;
  void refuse(std::string_view name, std::string message, std::string code = "invalid_value") const;
  [[nodiscard]] bool failed() const noexcept { return problem_->has_value(); }
  [[nodiscard]] std::optional<http_problem>& problem() const noexcept { return *problem_; }

 private:
  const dynamic_value* of_;
  std::string path_;
  std::optional<http_problem>* problem_;
};

}  // namespace sage::serving
