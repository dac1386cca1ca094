#include "sage/llm/http/transfer.hpp"

#if SAGE_HAS_CURL
#include <algorithm>
#include <charconv>
#include <exception>
#include <utility>

#include <curl/curl.h>

#include "sage/base/assert.hpp"

namespace sage::llm {

namespace {

constexpr std::size_t header_bytes_max = 64 << 10;  // of an answer's head
constexpr nanoseconds ns_per_ms = 1'000'000;

/// RFC 9110, 5.6.2: what a header's name is made of.
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool has_line_end(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

http_failure failure_of(CURLcode code) {
  switch (code) {
    case CURLE_OK: return http_failure::none;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return http_failure::resolve;
    case CURLE_COULDNT_CONNECT:
    case CURLE_INTERFACE_FAILED:
    case CURLE_PROXY: return http_failure::connect;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_USE_SSL_FAILED: return http_failure::tls;
    case CURLE_OPERATION_TIMEDOUT: return http_failure::timeout;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2_STREAM: return http_failure::reset;
    case CURLE_FILESIZE_EXCEEDED: return http_failure::too_large;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:  // HTTP/0.9: the scheme of the URL was checked before
    case CURLE_HTTP2:
    case CURLE_BAD_CONTENT_ENCODING: return http_failure::protocol;
    case CURLE_URL_MALFORMAT:
    case CURLE_LOGIN_DENIED: return http_failure::refused;
    default: return http_failure::other;
  }
}

template <class Value>
void set(transfer::easy_handle* handle, CURLoption option, Value value) {
  const CURLcode done = curl_easy_setopt(handle, option, value);
  // Options are fixed and texts are copied, so this is memory, or a libcurl built without what we checked for.
  SAGE_ASSERT(done == CURLE_OK || done == CURLE_NOT_BUILT_IN || done == CURLE_UNKNOWN_OPTION);
}

}  // namespace

struct transfer::header_list {
  curl_slist* first = nullptr;

  ~header_list() { curl_slist_free_all(first); }
  void add(const std::string& line) {
    curl_slist* const longer = curl_slist_append(first, line.c_str());
    if (!longer) throw std::bad_alloc();
    first = longer;
  }
};

struct transfer::curl_calls {
  static std::size_t on_header(char* bytes, std::size_t, std::size_t count, void* self) {
    return static_cast<transfer*>(self)->on_header({bytes, count}) ? count : 0;
  }
  static std::size_t on_body(char* bytes, std::size_t, std::size_t count, void* self) {
    return static_cast<transfer*>(self)->on_body({bytes, count}) ? count : 0;
  }
};

transfer::transfer(std::uint64_t id, http_request request, std::shared_ptr<http_listener> listener)
    : id_(id), request_(std::move(request)), listener_(std::move(listener)) {}

transfer::~transfer() {
  if (handle_) curl_easy_cleanup(handle_);
}

std::optional<std::string> transfer::find_problem() const {
  if (!request_.url.starts_with("http://") && !request_.url.starts_with("https://")) {
    return "the URL is neither http:// nor https://";
  }
  if (has_line_end(request_.url)) return "the URL has a line end in it";
  if (!is_token(request_.method)) return "the method is no word";
  if (request_.connect_timeout_ms < 0 || request_.first_byte_timeout_ms < 0 || request_.idle_timeout_ms < 0 ||
      request_.total_timeout_ms < 0) {
    return "a timeout is negative";
  }
  const auto check = [](const std::string& name, std::string_view value) -> std::optional<std::string> {
    if (!is_token(name)) return "a header has no proper name";
    if (has_line_end(value)) return "the header " + name + " has a line end in it";
    return std::nullopt;
  };
  for (const http_header& each : request_.headers) {
    if (auto problem = check(each.name, each.value)) return problem;
  }
  for (const secret_header& each : request_.secrets) {
    if (auto problem = check(each.name, each.value.reveal())) return problem;
  }
  return std::nullopt;
}

std::optional<http_outcome> transfer::prepare(const http_client_options& options) {
  time_ = options.time;
  started_at_ = time_->now();
  if (auto problem = find_problem()) return outcome(http_failure::refused, std::move(*problem));
  handle_ = curl_easy_init();
  if (!handle_) return outcome(http_failure::other, "no memory for another request");
  curl_text_ = std::make_unique<char[]>(CURL_ERROR_SIZE);
  set(handle_, CURLOPT_ERRORBUFFER, curl_text_.get());
  set(handle_, CURLOPT_PRIVATE, this);
  set(handle_, CURLOPT_NOSIGNAL, 1L);
  set(handle_, CURLOPT_URL, request_.url.c_str());
  set(handle_, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  set(handle_, CURLOPT_FOLLOWLOCATION, 0L);
#if LIBCURL_VERSION_NUM >= 0x075500
  set(handle_, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  set(handle_, CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
  set(handle_, CURLOPT_BUFFERSIZE, static_cast<long>(std::clamp<std::size_t>(options.buffer_bytes, 1024, 512 << 10)));
  set(handle_, CURLOPT_UPLOAD_BUFFERSIZE, 16L << 10);  // the least there is
  set(handle_, CURLOPT_TCP_KEEPALIVE, 1L);
  set(handle_, CURLOPT_USERAGENT, options.user_agent.c_str());
  set(handle_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.connect_timeout_ms));
  set(handle_, CURLOPT_TIMEOUT_MS, static_cast<long>(request_.total_timeout_ms));
  set_security(options);
  set_headers();
  set(handle_, CURLOPT_HEADERFUNCTION, &curl_calls::on_header);
  set(handle_, CURLOPT_HEADERDATA, this);
  set(handle_, CURLOPT_WRITEFUNCTION, &curl_calls::on_body);
  set(handle_, CURLOPT_WRITEDATA, this);
  if (request_.method == "GET") {
    set(handle_, CURLOPT_HTTPGET, 1L);
  } else {
    set(handle_, CURLOPT_POSTFIELDS, request_.body.data());  // not copied: the request stays until the end
    set(handle_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    if (request_.method != "POST") set(handle_, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }
  return std::nullopt;
}

void transfer::set_security(const http_client_options& options) {
  // In clear text HTTP/1.1 always: libcurl 7.88 loses parallel streams of cleartext HTTP/2.
  set(handle_, CURLOPT_HTTP_VERSION,
      static_cast<long>(options.http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
  set(handle_, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options.ca_file.empty()) set(handle_, CURLOPT_CAINFO, options.ca_file.c_str());
  if (!options.ca_folder.empty()) set(handle_, CURLOPT_CAPATH, options.ca_folder.c_str());
  set(handle_, CURLOPT_SSL_VERIFYPEER, options.insecure ? 0L : 1L);
  set(handle_, CURLOPT_SSL_VERIFYHOST, options.insecure ? 0L : 2L);
  if (options.proxy) set(handle_, CURLOPT_PROXY, options.proxy->c_str());
  if (!options.proxy_login.reveal().empty()) {
    set(handle_, CURLOPT_PROXYUSERPWD, options.proxy_login.reveal().c_str());
  }
  set(handle_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

void transfer::set_headers() {
  sent_headers_ = std::make_unique<header_list>();
  const auto add = [&](const std::string& name, const std::string& value) {
    // In curl's language "Name:" leaves a header out and "Name;" sends it empty.
    sent_headers_->add(value.empty() ? name + ";" : name + ": " + value);
  };
  for (const http_header& each : request_.headers) add(each.name, each.value);
  for (const secret_header& each : request_.secrets) add(each.name, each.prefix + each.value.reveal());
  sent_headers_->add("Expect:");  // large requests would wait a second for servers that don't know it
  set(handle_, CURLOPT_HTTPHEADER, sent_headers_->first);
}

bool transfer::give_up(http_failure failure, std::string text) {
  given_up_ = failure;
  given_up_text_ = std::move(text);
  return false;
}

bool transfer::on_header(std::string_view line) {
  if (last_byte_at_ == 0 || !head_done_) last_byte_at_ = time_->now();
  if (head_done_) return true;  // trailers: nobody here reads them
  header_bytes_ += line.size();
  if (header_bytes_ > header_bytes_max) {
    return give_up(http_failure::too_large,
                   "the answer's head has more than " + std::to_string(header_bytes_max) + " bytes");
  }
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {
    const std::size_t space = line.find(' ');
    const std::string_view number = space == std::string_view::npos ? "" : line.substr(space + 1, 3);
    status_ = 0;
    std::from_chars(number.data(), number.data() + number.size(), status_);
    headers_.clear();
    return true;
  }
  if (!line.empty()) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return true;
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
    headers_.push_back({std::string(line.substr(0, colon)), std::string(value)});
    return true;
  }
  if (status_ < 200) return true;  // "100 Continue" and the like: the real head follows
  head_done_ = true;
  try {
    listener_->on_head(status_, headers_);
  } catch (const std::exception& problem) {
    return give_up(http_failure::other, std::string("the listener failed: ") + problem.what());
  }
  headers_ = {};
  return true;
}

bool transfer::on_body(std::string_view bytes) {
  last_byte_at_ = time_->now();
  body_bytes_ += bytes.size();
  if (body_bytes_ > request_.response_bytes_max) {
    return give_up(http_failure::too_large,
                   "the answer has more than " + std::to_string(request_.response_bytes_max) + " bytes");
  }
  try {
    return obey(listener_->on_body(bytes));
  } catch (const std::exception& problem) {
    return give_up(http_failure::other, std::string("the listener failed: ") + problem.what());
  }
}

bool transfer::obey(body_verdict verdict) {
  if (verdict == body_verdict::stop) return give_up(http_failure::cancelled, "stopped by whoever reads the answer");
  if (verdict == body_verdict::pause && !paused_) {
    paused_ = true;
    curl_easy_pause(handle_, CURLPAUSE_RECV);
  }
  return true;
}

bool transfer::resume(body_verdict& verdict) {
  verdict = listener_->on_resume();
  if (verdict != body_verdict::more) return false;
  paused_ = false;
  last_byte_at_ = time_->now();
  // Calls on_body with what libcurl had kept back; a failure there is heard of as the end of the transfer.
  if (!ended_with_) curl_easy_pause(handle_, CURLPAUSE_CONT);
  return true;
}

std::optional<nanoseconds> transfer::overdue_at() const noexcept {
  if (paused_) return std::nullopt;
  const bool begun = last_byte_at_ != 0;
  const std::int64_t limit_ms = begun ? request_.idle_timeout_ms : request_.first_byte_timeout_ms;
  if (limit_ms <= 0) return std::nullopt;
  return (begun ? last_byte_at_ : started_at_) + limit_ms * ns_per_ms;
}

std::optional<nanoseconds> transfer::check_at() const noexcept {
  auto at = overdue_at();
  // The first byte may come at any time, and then another limit counts.
  if (last_byte_at_ == 0 && request_.idle_timeout_ms > 0 && !paused_) {
    const nanoseconds idle = time_->now() + request_.idle_timeout_ms * ns_per_ms;
    at = at ? std::min(*at, idle) : idle;
  }
  return at;
}

http_outcome transfer::overdue() const {
  if (last_byte_at_ != 0) {
    return outcome(http_failure::timeout,
                   "no byte of the answer for " + std::to_string(request_.idle_timeout_ms) + " ms");
  }
  return outcome(http_failure::timeout,
                 "nothing was answered for " + std::to_string(request_.first_byte_timeout_ms) + " ms");
}

http_outcome transfer::outcome_of(int number) const {
  const auto code = static_cast<CURLcode>(number);
  if (given_up_ != http_failure::none) return outcome(given_up_, given_up_text_);
  if (code == CURLE_OK) return {http_failure::none, "", status_};
  const char* const text = curl_text_ && curl_text_[0] != '\0' ? curl_text_.get() : curl_easy_strerror(code);
  return outcome(failure_of(code), text);
}

http_outcome transfer::outcome(http_failure failure, std::string text) const {
  const std::string where = place();
  if (!where.empty()) text += " (" + where + ")";
  // Servers may say back what they were told, and libcurl may quote them.
  for (const secret_header& each : request_.secrets) hide_secret(text, each.value);
  return {failure, std::move(text), status_};
}

/// The URL without what may be private in it.
std::string transfer::place() const {
  const std::string url = request_.url.substr(0, request_.url.find_first_of("?#"));
  return url.find('@') == std::string::npos && !has_line_end(url) ? url : std::string();
}

}  // namespace sage::llm
#endif
