#include "sage/llm/provider_error.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "sage/base/utf8.hpp"
#include "sage/llm/dialects/provider_json.hpp"
#include "sage/llm/retry_after.hpp"

namespace sage::llm {

namespace {

constexpr std::size_t message_bytes_max = 500;
constexpr std::size_t shown_bytes_max = 80;

/// One line of well-formed text, shortened.
std::string shown_text(std::string_view text, std::size_t bytes_max) {
  const bool cut = text.size() > bytes_max;
  if (cut) {
    text = text.substr(0, bytes_max);
    // Not in the middle of a character.
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) text.remove_suffix(1);
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xc0) text.remove_suffix(1);
  }
  std::string line;
  append_repaired_utf8(line, text);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  if (cut) line += "…";
  return line;
}

provider_failure failure_of_status(std::uint32_t status) {
  switch (status) {
    case 401:
    case 403: return provider_failure::unauthorized;
    case 408:
    case 504: return provider_failure::timeout;
    case 429: return provider_failure::throttled;
    default: return status >= 500 ? provider_failure::overloaded : provider_failure::refused;
  }
}

bool is_retryable(std::uint32_t status, const http_headers& headers, const provider_error& problem) {
  // Providers that know better say so.
  const std::string_view wish = find_header(headers, "x-should-retry");
  if (wish == "true" || wish == "false") return wish == "true";
  if (problem.code == "insufficient_quota" || problem.type == "insufficient_quota") return false;
  if (status == 501 || status == 505) return false;
  return status >= 500 || status == 408 || status == 409 || status == 425 || status == 429;
}

/// The words of an error object: {"message": ..., "type": ..., "code": ...}, or a text.
bool take_words(const dynamic_value& from, provider_error& into) {
  if (from.kind() == value_kind::string) {
    into.message = from.text();
    return !into.message.empty();
  }
  into.message = text_at(from, "message");
  if (into.message.empty()) into.message = text_at(from, "detail");
  into.type = text_at(from, "type");
  into.code = text_at(from, "code");
  return !into.message.empty() || !into.type.empty();
}

std::string_view advice_for(provider_failure failure) {
  switch (failure) {
    case provider_failure::unauthorized: return "check the key (SAGE_API_KEY) and what it may do";
    case provider_failure::throttled: return "lower the endpoint's concurrency or rates, or ask for a higher quota";
    case provider_failure::unreachable: return "check the base URL and that the provider is up";
    case provider_failure::timeout: return "raise the endpoint's timeouts if the model is that slow";
    case provider_failure::malformed: return "check that the base URL is that of a model API, and the dialect";
    case provider_failure::too_large: return "raise the endpoint's response_bytes_max if such answers are meant";
    case provider_failure::crowded: return "give the operators before it less capacity, or the endpoint more";
    default: return "";
  }
}

errc code_of(provider_failure failure) {
  switch (failure) {
    case provider_failure::refused:
    case provider_failure::invalid_request: return errc::invalid_argument;
    case provider_failure::unauthorized: return errc::configuration;
    case provider_failure::timeout: return errc::timeout;
    case provider_failure::malformed: return errc::parse;
    case provider_failure::too_large:
    case provider_failure::crowded: return errc::limit;
    case provider_failure::cancelled: return errc::cancelled;
    default: return errc::io;
  }
}

}  // namespace

std::string_view to_string(provider_failure failure) noexcept {
  switch (failure) {
    case provider_failure::refused: return "refused";
    case provider_failure::unauthorized: return "unauthorized";
    case provider_failure::throttled: return "throttled";
    case provider_failure::overloaded: return "overloaded";
    case provider_failure::unreachable: return "unreachable";
    case provider_failure::cut: return "cut";
    case provider_failure::timeout: return "timeout";
    case provider_failure::malformed: return "malformed";
    case provider_failure::too_large: return "too_large";
    case provider_failure::cancelled: return "cancelled";
    case provider_failure::crowded: return "crowded";
    case provider_failure::invalid_request: break;
  }
  return "invalid_request";
}

item_failure provider_error::told() const {
  constexpr std::int64_t retry_after_s_max = 86'400;
  item_failure its;
  switch (failure) {
    case provider_failure::refused:
      // Our bill and our proxy are no business of a client; an error within an answer of status 200 says no more
      // than that the request is refused.
      if (status == 402 || status == 407 || (status >= 300 && status < 400)) break;
      its.status = status >= 400 && status < 500 ? static_cast<std::uint16_t>(status) : 400;
      its.code = code;
      return its;
    case provider_failure::throttled:
      its.status = 429;
      its.code = code.empty() ? "rate_limit_exceeded" : code;
      if (retry_after_ms) {
        const std::int64_t whole_s = *retry_after_ms / 1000 + (*retry_after_ms % 1000 != 0 ? 1 : 0);
        its.retry_after_s = static_cast<std::uint32_t>(std::clamp<std::int64_t>(whole_s, 1, retry_after_s_max));
      }
      return its;
    case provider_failure::unauthorized: break;
    case provider_failure::timeout:
      its.status = 504;
      its.code = "model_timeout";
      return its;
    case provider_failure::crowded:  // our own gate: too many wait for this model
      its.status = 503;
      its.code = "model_busy";
      return its;
    case provider_failure::overloaded:
    case provider_failure::unreachable:
    case provider_failure::cut:
    case provider_failure::malformed:
    case provider_failure::too_large:
      its.status = 502;
      its.code = "model_failed";
      return its;
    case provider_failure::cancelled:
    case provider_failure::invalid_request: return its;
  }
  its.status = 502;
  its.code = "model_failed";
  its.text = failure == provider_failure::unauthorized ? "the model's provider refuses the key of this service"
                                                       : "the model's provider refuses this service";
  return its;
}

error provider_error::to_error(std::string where) const {
  return {code_of(failure), message, std::move(where), std::string(advice_for(failure))};
}

provider_error error_of_answer(std::uint32_t status, const http_headers& headers, std::string_view body,
                               std::int64_t wall_ms) {
  provider_error problem;
  problem.status = status;
  problem.failure = failure_of_status(status);
  bool said = false;
  if (const auto json = read_provider_json(body, {})) {
    const dynamic_value* inner = json->find("error");
    said = inner && take_words(*inner, problem);
    // FastAPI's validation errors have a list there; they are shown as they are.
    if (!said) said = take_words(*json, problem);
  }
  const std::string who = "the provider answered " + std::to_string(status);
  if (status >= 300 && status < 400) {
    problem.message = who + ": it redirects to " + shown_text(find_header(headers, "location"), message_bytes_max) +
                      "; redirects are not followed, set that as the base URL";
  } else {
    const std::string words =
        shown_text(said && !problem.message.empty() ? problem.message : body, message_bytes_max);
    problem.message = who + (words.empty() ? std::string(" without a reason") : ": " + words);
  }
  problem.retryable = is_retryable(status, headers, problem);
  if (problem.retryable) problem.retry_after_ms = find_retry_after(headers, wall_ms);
  return problem;
}

provider_error error_inside_answer(std::string_view body) {
  provider_error problem;
  problem.failure = provider_failure::overloaded;
  if (const auto json = read_provider_json(body, {})) {
    const dynamic_value* inner = find_value(&*json, "error");
    take_words(inner ? *inner : *json, problem);
  }
  // Some put the status that they can no longer send into the code.
  std::uint32_t status = 0;
  std::from_chars(problem.code.data(), problem.code.data() + problem.code.size(), status);
  const std::string_view type = problem.type;
  if (status < 400 || status > 599) {
    if (type.find("rate_limit") != std::string_view::npos) {
      status = 429;
    } else if (type.find("invalid_request") != std::string_view::npos) {
      status = 400;
    } else if (type.find("authentication") != std::string_view::npos) {
      status = 401;
    } else {
      status = 500;
    }
  }
  problem.failure = failure_of_status(status);
  problem.retryable = is_retryable(status, {}, problem);
  problem.status = 200;
  const std::string words = shown_text(problem.message.empty() ? body : problem.message, message_bytes_max);
  problem.message = "the provider broke off with an error: " + words;
  return problem;
}

provider_error error_of_outcome(const http_outcome& outcome, bool begun) {
  provider_error problem;
  problem.status = outcome.status;
  problem.message = outcome.text;
  problem.retryable = true;
  switch (outcome.failure) {
    case http_failure::timeout: problem.failure = provider_failure::timeout; break;
    case http_failure::resolve:
    case http_failure::connect:
    case http_failure::other: problem.failure = provider_failure::unreachable; break;
    case http_failure::tls:
      problem.failure = provider_failure::unreachable;
      problem.retryable = false;
      break;
    case http_failure::none:
    case http_failure::reset: problem.failure = begun ? provider_failure::cut : provider_failure::unreachable; break;
    case http_failure::too_large:
      problem.failure = provider_failure::too_large;
      problem.retryable = false;
      break;
    case http_failure::protocol: problem.failure = provider_failure::malformed; break;
    case http_failure::cancelled:
      problem.failure = provider_failure::cancelled;
      problem.retryable = false;
      break;
    case http_failure::refused:
      problem.failure = provider_failure::invalid_request;
      problem.retryable = false;
      break;
  }
  return problem;
}

provider_error malformed_answer(std::string what, std::string_view shown) {
  provider_error problem;
  problem.failure = provider_failure::malformed;
  problem.retryable = true;
  problem.message = std::move(what);
  if (!shown.empty()) problem.message += ": " + shown_text(shown, shown_bytes_max);
  return problem;
}

provider_error invalid_request(const error& problem) {
  provider_error refused;
  refused.failure = provider_failure::invalid_request;
  refused.message = problem.what();
  return refused;
}

provider_error cut_answer(std::string what) {
  provider_error problem;
  problem.failure = provider_failure::cut;
  problem.retryable = true;
  problem.message = std::move(what);
  return problem;
}

}  // namespace sage::llm
