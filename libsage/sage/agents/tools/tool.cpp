#include "sage/agents/tools/tool.hpp"

#include <exception>

#include "sage/base/utf8.hpp"

namespace sage {

namespace {

constexpr std::size_t name_characters_max = 64;

/// Providers take no other names, and no two of these look alike to a reader but for case and the like, which
/// tool_set looks at.
void check_name(const std::string& name) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  if (!name.empty() && name.size() <= name_characters_max && name.find_first_not_of(allowed) == std::string::npos) {
    return;
  }
  throw error(errc::invalid_argument, "this can't be the name of a tool", name,
              "take letters, digits, '_' and '-', at most 64");
}

}  // namespace

tool::tool(std::string name, std::string description, const std::string& schema, std::span<const field_text> texts,
           bool decoder_is_strict, tool_execution execution, const tool_limits& limits)
    : schema_(schema, texts),
      description_{std::move(name), std::move(description), schema_.text()},
      decoder_is_strict_(decoder_is_strict),
      execution_(execution),
      limits_(limits) {
  check_name(description_.name);
}

result<void> tool::check(std::string_view arguments) const {
  std::string refusal = schema_.refusal_of(arguments, limits_);
  if (refusal.empty()) return {};
  return error(errc::invalid_argument, std::move(refusal));
}

std::string tool::refusal_before(std::string_view& arguments) const {
  if (!decoder_is_strict_ || arguments.size() > limits_.argument_bytes_max) {
    if (std::string refusal = schema_.refusal_of(arguments, limits_); !refusal.empty()) return refusal;
  }
  if (arguments.find_first_not_of(" \t\r\n") == std::string_view::npos) arguments = "{}";
  return {};
}

tool_result tool::invoke(std::string_view arguments, std::stop_token stop) const {
  if (std::string refusal = refusal_before(arguments); !refusal.empty()) {
    return {tool_outcome::refused, std::move(refusal)};
  }
  try {
    return call(arguments, std::move(stop));
  } catch (...) {
    return finish_problem(std::current_exception());
  }
}

task<tool_result> tool::start(std::string_view arguments, context& self, std::stop_token stop) const {
  tool_result outcome;
  if (std::string refusal = refusal_before(arguments); !refusal.empty()) {
    outcome.outcome = tool_outcome::refused;
    outcome.text = std::move(refusal);
    co_return outcome;
  }
  try {
    task<tool_result> work = call_task(arguments, self, stop);
    outcome = co_await work;
  } catch (...) {
    outcome = finish_problem(std::current_exception());
  }
  co_return outcome;
}

task<tool_result> tool::call_task(std::string_view arguments, context&, std::stop_token stop) const {
  co_return call(arguments, stop);
}

tool_result tool::refuse(std::string_view arguments, const error& problem) const {
  std::string refusal = schema_.refusal_of(arguments, limits_);
  if (refusal.empty()) {
    refusal = "the arguments can't be taken: " + problem.message() + "; expected " + schema_.summary();
  }
  return {tool_outcome::refused, std::move(refusal)};
}

tool_result tool::finish_problem(const std::exception_ptr& problem) const {
  try {
    std::rethrow_exception(problem);
  } catch (const error& its) {
    return finish(its);
  } catch (const std::exception& its) {
    return finish(error(errc::user_function, its.what()));
  } catch (...) {
    return finish(error(errc::user_function, "it threw something that is no std::exception"));
  }
}

tool_result tool::finish(result<std::string> returned) const {
  std::string raw = returned ? std::move(*returned) : "the tool failed: " + std::string(returned.error().what());
  tool_result made{returned ? tool_outcome::done : tool_outcome::failed, {}};
  std::string note;
  const std::size_t bytes = raw.size();
  if (bytes > limits_.result_bytes_max) {
    std::size_t end = limits_.result_bytes_max;
    // Not inside a character; what isn't UTF-8 anyway may be cut anywhere.
    for (int i = 0; i < 3 && end > 0 && (static_cast<unsigned char>(raw[end]) & 0xc0) == 0x80; ++i) --end;
    raw.resize(end);
    note = "\n[cut: these are the first " + std::to_string(end) + " of " + std::to_string(bytes) + " bytes]";
  }
  if (is_utf8(raw)) {
    made.text = std::move(raw);
  } else {
    append_repaired_utf8(made.text, raw);
  }
  made.text += note;
  return made;
}

}  // namespace sage
