#include "sage/serving/request_head.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace sage::serving {

namespace {

constexpr std::size_t method_bytes_max = 32;
constexpr std::string_view line_end = "\r\n";

http_problem refused(int status, std::string message) {
  http_problem problem;
  problem.status = status;
  problem.message = std::move(message);
  problem.closes = true;
  return problem;
}

// RFC 9110, section 5.6.2.
bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

std::string_view trimmed(std::string_view text) noexcept {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// Whether `list`, the value of a field such as Connection, names `word`.
bool names(std::string_view list, std::string_view word) noexcept {
  for (;;) {
    const std::size_t comma = list.find(',');
    if (equal_without_case(trimmed(list.substr(0, comma)), word)) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
}

class head_reader {
 public:
  head_reader(const allowed_hosts& hosts, const server_limits& limits) : hosts_(hosts), limits_(limits) {}

  std::variant<request_head, http_problem> read(std::string_view text) {
    if (find_bad_head_byte(text, 0) != std::string_view::npos) {
      return refused(400, "the head has a control character, or a line that doesn't end with CR LF");
    }
    std::optional<http_problem> problem = read_request_line(take_line(text));
    while (!problem && !text.empty()) {
      const std::string_view line = take_line(text);
      if (line.empty()) break;
      problem = read_field(line);
    }
    if (!problem) problem = conclude();
    if (problem) return *std::move(problem);
    return std::move(head_);
  }

 private:
  static std::string_view take_line(std::string_view& text) noexcept {
    const std::size_t end = text.find(line_end);
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + line_end.size());
    return line;
  }

  std::optional<http_problem> read_request_line(std::string_view line) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last)
      return refused(400, "the request line isn't METHOD PATH VERSION");
    const std::string_view method = line.substr(0, first);
    const std::string_view version = line.substr(last + 1);
    if (!is_token(method) || method.size() > method_bytes_max) return refused(400, "the method is none");
    if (version != "HTTP/1.1" && version != "HTTP/1.0") {
      return version.starts_with("HTTP/") ? refused(505, "only HTTP/1.1 and HTTP/1.0 are spoken here")
                                          : refused(400, "the request line isn't METHOD PATH VERSION");
    }
    head_.method = method;
    head_.is_http_1_0 = version == "HTTP/1.0";
    return read_target(line.substr(first + 1, last - first - 1));
  }

  std::optional<http_problem> read_target(std::string_view target) {
    const bool is_clean = std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < 0x7f; });
    for (const std::string_view scheme : {"http://", "https://"}) {
      if (!is_clean || !target.starts_with(scheme)) continue;
      // The form for proxies: its authority counts, whatever Host says.
      target.remove_prefix(scheme.size());
      const std::size_t slash = std::min(target.find_first_of("/?"), target.size());
      authority_ = target.substr(0, slash);
      target.remove_prefix(slash);
      if (target.empty()) target = "/";
    }
    if (!is_clean || !(target.starts_with('/') || (target == "*" && head_.method == "OPTIONS"))) {
      return refused(400, "the target of the request is no path");
    }
    const std::size_t question = target.find('?');
    head_.path = target.substr(0, question);
    if (question != std::string_view::npos) head_.query = target.substr(question + 1);
    return std::nullopt;
  }

  std::optional<http_problem> read_field(std::string_view line) {
    if (head_.headers.size() == limits_.headers_max) {
      return refused(431, "the head has more than " + std::to_string(limits_.headers_max) + " fields");
    }
    if (line.front() == ' ' || line.front() == '\t') return refused(400, "a header field is folded over two lines");
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
      return refused(400, "a header field has no name that is one");
    }
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trimmed(line.substr(colon + 1));
    head_.headers.emplace_back(name, value);
    if (equal_without_case(name, "content-length")) return read_content_length(value);
    if (equal_without_case(name, "transfer-encoding")) return read_transfer_encoding(value);
    if (equal_without_case(name, "host")) return read_host(value);
    if (equal_without_case(name, "expect")) return read_expect(value);
    if (equal_without_case(name, "connection")) {
      closes_ = closes_ || names(value, "close");
      stays_ = stays_ || names(value, "keep-alive");
    }
    return std::nullopt;
  }

  std::optional<http_problem> read_content_length(std::string_view value) {
    if (has_length_) return refused(400, "Content-Length is there twice");
    has_length_ = true;
    const bool is_number = !value.empty() && value.size() <= 18 &&
                           std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!is_number) return refused(400, "Content-Length is no number");
    std::from_chars(value.data(), value.data() + value.size(), head_.content_bytes);
    return std::nullopt;
  }

  std::optional<http_problem> read_transfer_encoding(std::string_view value) {
    if (head_.is_chunked) return refused(400, "Transfer-Encoding is there twice");
    if (!equal_without_case(value, "chunked")) return refused(501, "the only transfer coding is chunked");
    head_.is_chunked = true;
    return std::nullopt;
  }

  std::optional<http_problem> read_host(std::string_view value) {
    if (host_) return refused(400, "Host is there twice");
    host_ = value;
    return std::nullopt;
  }

  std::optional<http_problem> read_expect(std::string_view value) {
    if (!equal_without_case(value, "100-continue")) return refused(417, "nothing can be expected but 100-continue");
    head_.expects_continue = !head_.is_http_1_0;
    return std::nullopt;
  }

  std::optional<http_problem> conclude() {
    if (head_.is_chunked && has_length_) return refused(400, "both Content-Length and Transfer-Encoding are there");
    if (head_.is_chunked && head_.is_http_1_0) return refused(400, "HTTP/1.0 has no Transfer-Encoding");
    if (!host_ && !head_.is_http_1_0) return refused(400, "Host is missing");
    for (const auto& host : {host_, authority_}) {
      if (!host || hosts_.allow(*host)) continue;
      return refused(421, "this server doesn't answer to that Host; whoever runs it can allow the name");
    }
    if (head_.content_bytes > limits_.body_bytes_max) {
      return refused(413, "the body is longer than " + std::to_string(limits_.body_bytes_max) + " bytes");
    }
    head_.keeps_alive = !closes_ && (!head_.is_http_1_0 || stays_);
    return std::nullopt;
  }

  const allowed_hosts& hosts_;
  const server_limits& limits_;
  request_head head_;
  std::optional<std::string_view> host_;
  std::optional<std::string_view> authority_;
  bool has_length_ = false;
  bool closes_ = false;
  bool stays_ = false;
};

}  // namespace

std::variant<request_head, http_problem> read_head(std::string_view text, const allowed_hosts& hosts,
                                                   const server_limits& limits) {
  return head_reader(hosts, limits).read(text);
}

std::size_t find_bad_head_byte(std::string_view text, std::size_t begin) noexcept {
  for (std::size_t i = begin; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != 0x7f) continue;
    if (c == '\t') continue;
    if (c == '\r' && (i + 1 == text.size() || text[i + 1] == '\n')) continue;
    if (c == '\n' && i > 0 && text[i - 1] == '\r') continue;
    return i;
  }
  return std::string_view::npos;
}

}  // namespace sage::serving
