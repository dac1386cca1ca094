#include "sage/agents/prompts.hpp"

#include <algorithm>
#include <set>
#include <utility>

#if defined(SAGE_HAS_AGENTS)
#include <kainjow/mustache.hpp>
#endif

#include "sage/base/hash.hpp"

namespace sage {

namespace {

constexpr std::string_view extension = ".mustache";

std::string hexadecimal(std::uint64_t number) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text(16, '0');
  for (std::size_t i = 16; i-- > 0; number >>= 4) text[i] = digits[number & 15];
  return text;
}

}  // namespace

#if defined(SAGE_HAS_AGENTS)

namespace {

using kainjow::mustache::data;

/// Refuses what would make a template depend on more than its text and values, and what nests too deep for a stack.
/// Returns whether there are tags at all.
bool check_tags(const std::string& name, const std::string& text, const prompt_limits& limits) {
  std::size_t depth = 0;
  bool any = false;
  for (std::size_t at = text.find("{{"); at != std::string::npos; at = text.find("{{", at)) {
    any = true;
    at += 2;
    const char kind = at < text.size() ? text[at] : '\0';
    const auto line =
        std::to_string(1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
    if (kind == '>') throw error(errc::parse, "prompts don't include other prompts ({{>)", name + ":" + line);
    if (kind == '=') throw error(errc::parse, "prompts don't change their delimiters ({{=)", name + ":" + line);
    if (kind == '#' || kind == '^') {
      if (++depth > limits.sections_depth_max) {
        throw error(errc::limit, "sections are more than " + std::to_string(limits.sections_depth_max) + " deep",
                    name + ":" + line);
      }
    } else if (kind == '/' && depth > 0) {
      --depth;
    }
  }
  return any;
}

data data_of(const dynamic_value& value) {
  if (const auto* flag = value.get_if<bool>()) return data(*flag);
  if (const auto* text = value.get_if<std::string>()) return data(*text);
  if (const auto* list = value.get_if<dynamic_list>()) {
    data all(data::type::list);
    for (const dynamic_value& each : *list) all.push_back(data_of(each));
    return all;
  }
  if (const auto* map = value.get_if<dynamic_map>()) {
    data all(data::type::object);
    for (const auto& [key, each] : *map) all.set(key, data_of(each));
    return all;
  }
  return value.is_null() ? data(false) : data(to_json(value));
}

/// Looks names up and notes those that nobody gave.
class noting_context final : public kainjow::mustache::context<std::string> {
 public:
  explicit noting_context(const data* values) : context(values) {}
  const data* get(const std::string& name) const override {
    const data* const found = context::get(name);
    if (found == nullptr) missing_.insert(name);
    return found;
  }
  [[nodiscard]] const std::set<std::string>& missing() const noexcept { return missing_; }

 private:
  mutable std::set<std::string> missing_;
};

/// What the library writes into: a string with a bound.
class bounded_text {
 public:
  explicit bounded_text(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  bounded_text& operator<<(const std::string& part) {
    if (part.size() > bytes_max_ - text_.size()) {
      throw error(errc::limit, "the prompt is longer than " + std::to_string(bytes_max_) + " bytes");
    }
    text_ += part;
    return *this;
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::size_t bytes_max_;
  std::string text_;
};

kainjow::mustache::mustache parsed(const std::string& name, const std::string& text) {
  kainjow::mustache::mustache form(text);
  if (!form.is_valid()) throw error(errc::parse, form.error_message(), name);
  form.set_custom_escape([](const std::string& value) { return value; });
  return form;
}

}  // namespace

prompt::prompt(std::string name, std::string text, const prompt_limits& limits)
    : name_(std::move(name)),
      text_(std::move(text)),
      fingerprint_(hexadecimal(hash_bytes(text_.data(), text_.size()))),
      limits_(limits) {
  if (text_.size() > limits_.template_bytes_max) {
    throw error(errc::limit, "the template is longer than " + std::to_string(limits_.template_bytes_max) + " bytes",
                name_);
  }
  has_tags_ = check_tags(name_, text_, limits_);
  static_cast<void>(parsed(name_, text_));
}

result<std::string> prompt::render(const dynamic_value& values) const {
  if (!has_tags_) return text_;
  const data given = data_of(values);
  noting_context context(&given);
  bounded_text out(limits_.rendered_bytes_max);
  try {
    // Parsed anew: the library keeps the state of a rendering in the template, and prompts are shared.
    parsed(name_, text_).render(context, out);
  } catch (const error& problem) {
    return problem.at(name_);
  }
  if (!context.missing().empty()) {
    std::string names;
    for (const std::string& each : context.missing()) names += (names.empty() ? "'" : ", '") + each + "'";
    return error(errc::not_found, "the prompt needs " + names, name_, "give a value to each; null is one too");
  }
  return out.take();
}

#else

prompt::prompt(std::string name, std::string text, const prompt_limits& limits)
    : name_(std::move(name)), text_(std::move(text)), fingerprint_(hexadecimal(0)), limits_(limits) {
  throw error(errc::unsupported, "this build has no prompts", name_,
              "install libvalijson-dev and libkainjow-mustache-dev and build again");
}

result<std::string> prompt::render(const dynamic_value&) const {
  return error(errc::unsupported, "this build has no prompts", name_);
}

#endif

prompt_folder::prompt_folder(std::string folder, file_system& files, const prompt_limits& limits)
    : folder_(std::move(folder)), files_(files), limits_(limits) {}

result<std::vector<std::string>> prompt_folder::names() const {
  const auto entries = files_.list(folder_);
  if (!entries) return entries.error();
  std::vector<std::string> all;
  for (const directory_entry& entry : *entries) {
    if (entry.name.size() > extension.size() && entry.name.ends_with(extension)) {
      all.push_back(entry.name.substr(0, entry.name.size() - extension.size()));
    }
  }
  std::sort(all.begin(), all.end());
  return all;
}

result<prompt> prompt_folder::load(std::string_view name) const {
  if (name.empty() || name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") != std::string_view::npos) {
    return error(errc::invalid_argument, "this can't be the name of a prompt", std::string(name),
                 "take lower-case letters, digits, '_' and '-'");
  }
  const std::string path = folder_ + "/" + std::string(name) + std::string(extension);
  auto file = files_.open(path);
  if (!file) {
    std::string there;
    if (const auto known = names()) {
      for (const std::string& each : *known) there += (there.empty() ? "there are " : ", ") + each;
    }
    return error(file.error().code(), "there is no prompt '" + std::string(name) + "'", path, there);
  }
  std::string text;
  while (text.size() <= limits_.template_bytes_max) {
    char part[16 * 1024];
    const auto count = (*file)->read(part, sizeof part);
    if (!count) return count.error();
    if (*count == 0) break;
    text.append(part, *count);
  }
  try {
    return prompt(std::string(name), std::move(text), limits_);
  } catch (const error& problem) {
    return problem;
  }
}

}  // namespace sage
