#include "sage/llm/endpoint.hpp"

#include <algorithm>

namespace sage {

namespace {

error wrong(std::string message, std::string advice) {
  return {errc::configuration, std::move(message), "", std::move(advice)};
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

result<void> check_url(const std::string& url) {
  const std::string example = "write it like https://api.openai.com/v1 or http://127.0.0.1:8000/v1";
  if (url.empty()) return wrong("no base URL of the model's provider", example);
  if (has_control(url) || url.find(' ') != std::string::npos) {
    return wrong("the base URL has spaces or control characters in it", example);
  }
  const bool known = url.starts_with("http://") || url.starts_with("https://");
  const std::size_t scheme = url.find("://");
  // Up to here the text may hold a password; it isn't shown before that is out of the question.
  const std::string rest = scheme == std::string::npos ? url : url.substr(scheme + 3);
  const std::string authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.find('@') != std::string::npos) {
    return wrong("the base URL has a user or a password in it", "leave them out; the key is a setting of its own");
  }
  if (scheme == std::string::npos) {
    return wrong("the base URL \"" + url + "\" has no scheme", "write http://" + url + " or https://" + url);
  }
  if (!known) return wrong("the base URL \"" + url + "\" is neither http:// nor https://", example);
  if (authority.empty() || authority.starts_with(':'))
    return wrong("the base URL \"" + url + "\" has no host", example);
  if (url.find_first_of("?#") != std::string::npos) {
    return wrong("the base URL \"" + url.substr(0, url.find_first_of("?#")) + "\" has a query or a fragment",
                 example);
  }
  for (const std::string_view ending : {"/chat/completions", "/completions", "/embeddings", "/messages", "/models"}) {
    std::string_view bare = url;
    while (bare.ends_with('/')) bare.remove_suffix(1);
    if (bare.ends_with(ending)) {
      bare.remove_suffix(ending.size());
      return wrong("the base URL \"" + url + "\" names one call of the API",
                   "write only " + std::string(bare) + "; the rest is added");
    }
  }
  return {};
}

}  // namespace

result<void> check_endpoint(const model_endpoint& endpoint) {
  if (auto fine = check_url(endpoint.base_url); !fine) return fine;
  if (has_control(endpoint.key.reveal())) {
    return wrong("the key has a line end or another control character in it", "set it to the bare key");
  }
  const std::string& key = endpoint.key.reveal();
  if (key.starts_with("Bearer ") || (!key.empty() && (key.front() == ' ' || key.back() == ' '))) {
    return wrong("the key has spaces around it or the word Bearer in front", "set it to the bare key");
  }
  if (endpoint.connect_timeout_ms <= 0 || endpoint.first_byte_timeout_ms < 0 || endpoint.idle_timeout_ms < 0 ||
      endpoint.total_timeout_ms < 0) {
    return wrong("a timeout of the endpoint is negative, or there is none for connecting",
                 "use milliseconds; 0 is no limit, for all but connect_timeout_ms");
  }
  if (endpoint.response_bytes_max == 0 || endpoint.event_bytes_max == 0 || endpoint.output_tokens_max == 0) {
    return wrong("a limit of the endpoint is 0",
                 "leave response_bytes_max, event_bytes_max and output_tokens_max "
                 "at their defaults, or give them a size");
  }
  return {};
}

std::string url_of(const model_endpoint& endpoint, std::string_view path) {
  std::string_view base = endpoint.base_url;
  while (base.ends_with('/')) base.remove_suffix(1);
  return std::string(base).append(path);
}

}  // namespace sage
