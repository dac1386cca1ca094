#include "sage/agents/tools/fetch_page.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

#if defined(SAGE_HAS_CURL)
#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#endif

#include "sage/agents/tools/ip_address.hpp"
#include "sage/base/utf8.hpp"

namespace sage::tools {

#if defined(SAGE_HAS_CURL)

namespace {

constexpr std::size_t url_bytes_max = 4096;
constexpr int poll_ms_max = 1000;
constexpr long redirect_first = 300;
constexpr long redirect_end = 400;

struct page_query {
  std::string url;
};
SAGE_DESCRIBE(page_query, url)
SAGE_EXPLAIN(page_query, {"url", "http:// or https://, complete"})

struct page {
  std::string url;
  std::int32_t status = 0;
  std::string content_type;
  std::string text;
  bool cut = false;
};
SAGE_DESCRIBE(page, url, status, content_type, text, cut)

struct clean_up {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(char* text) const { curl_free(text); }
};

// Of the same type as a handle, to curl.
struct clean_up_all {
  void operator()(CURLM* all) const { curl_multi_cleanup(all); }
};

/// A URL as curl itself understands it: nobody else's reading counts.
struct target {
  std::string url;
  std::string scheme;
  std::string host;
  std::uint16_t port = 0;
  bool is_allowed_anywhere = false;
};

error refused(std::string message) {
  return error(errc::invalid_argument, std::move(message));
}

result<target> read_url(const std::string& text, const fetch_page_options& options) {
  if (text.size() > url_bytes_max) return refused("the URL is too long");
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '\\') {
      return refused("the URL contains spaces, control characters or '\\'");
    }
  }
  const std::unique_ptr<CURLU, clean_up> url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
    return refused("this is not a complete URL; it begins with http:// or https://");
  }
  const auto part = [&](CURLUPart which, unsigned flags = 0) -> std::optional<std::string> {
    char* found = nullptr;
    if (curl_url_get(url.get(), which, &found, flags) != CURLUE_OK) return std::nullopt;
    const std::unique_ptr<char, clean_up> owned(found);
    return std::string(found);
  };
  target to;
  to.scheme = part(CURLUPART_SCHEME).value_or("");
  if (to.scheme != "http" && to.scheme != "https") return refused("only http and https can be fetched");
  if (part(CURLUPART_USER) || part(CURLUPART_PASSWORD)) return refused("a URL with a user name can't be fetched");
  to.host = part(CURLUPART_HOST).value_or("");
  std::transform(to.host.begin(), to.host.end(), to.host.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  if (to.host.empty()) return refused("the URL names no host");
  const std::string port = part(CURLUPART_PORT, CURLU_DEFAULT_PORT).value_or("0");
  to.port = static_cast<std::uint16_t>(std::min(std::stoul(port), 65535ul));
  to.url = part(CURLUPART_URL).value_or("");
  const std::string place = to.host + ":" + std::to_string(to.port);
  to.is_allowed_anywhere =
      std::find(options.allow_hosts.begin(), options.allow_hosts.end(), place) != options.allow_hosts.end();
  if (to.is_allowed_anywhere) return to;
  if (std::find(options.ports.begin(), options.ports.end(), to.port) == options.ports.end()) {
    return refused("port " + std::to_string(to.port) + " can't be fetched from");
  }
  // Early and with a clear text; what counts is what the socket says.
  std::string_view bare = to.host;
  if (bare.size() > 2 && bare.front() == '[') bare = bare.substr(1, bare.size() - 2);
  if (const auto address = parse_ip_address(bare); address && reach_of(*address) != address_reach::public_internet) {
    return refused("this address is not on the public internet (" + std::string(name_of(reach_of(*address))) + ")");
  }
  return to;
}

/// One exchange, as the callbacks of curl see it.
struct exchange {
  const fetch_page_options& options;
  std::stop_token stop;
  bool any_address = false;
  std::optional<address_reach> refused_reach;
  std::string body;
  bool cut = false;
  std::size_t header_bytes = 0;
};

std::optional<ip_address> address_of(const curl_sockaddr& to) {
  ip_address address;
  if (to.family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &to.addr, sizeof v4);
    std::memcpy(address.bytes.data(), &v4.sin_addr, 4);
    return address;
  }
  if (to.family != AF_INET6) return std::nullopt;
  // Longer than the member that stands for it.
  sockaddr_in6 v6;
  std::memcpy(&v6, static_cast<const void*>(&to.addr), sizeof v6);
  address.is_v4 = false;
  std::memcpy(address.bytes.data(), &v6.sin6_addr, 16);
  return address;
}

/// Called with the very address that will be connected to.
curl_socket_t make_socket(void* of, curlsocktype purpose, curl_sockaddr* to) {
  auto& seen = *static_cast<exchange*>(of);
  const auto address = address_of(*to);
  if (purpose != CURLSOCKTYPE_IPCXN || !address) return CURL_SOCKET_BAD;
  const address_reach reach = reach_of(*address);
  if (!seen.any_address && reach != address_reach::public_internet) {
    seen.refused_reach = reach;
    return CURL_SOCKET_BAD;
  }
  return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

std::size_t take_body(char* bytes, std::size_t, std::size_t count, void* of) {
  auto& seen = *static_cast<exchange*>(of);
  const std::size_t room = seen.options.page_bytes_max - seen.body.size();
  seen.body.append(bytes, std::min(room, count));
  if (count <= room) return count;
  seen.cut = true;
  return 0;  // ends the transfer
}

std::size_t take_header(char*, std::size_t, std::size_t count, void* of) {
  auto& seen = *static_cast<exchange*>(of);
  seen.header_bytes += count;
  return seen.header_bytes > seen.options.headers_bytes_max ? 0 : count;
}

void set_up(CURL* handle, const target& to, exchange& seen, long ms_left) {
  const auto set = [&](CURLoption option, auto value) {
    if (curl_easy_setopt(handle, option, value) != CURLE_OK) {
      throw error(errc::unsupported, "this curl lacks an option that fetching safely needs");
    }
  };
  set(CURLOPT_URL, to.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NOPROXY, "*");
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_FRESH_CONNECT, 1L);
  set(CURLOPT_FORBID_REUSE, 1L);
  set(CURLOPT_ACCEPT_ENCODING, "");
  set(CURLOPT_USERAGENT, "sage-fetch/1");
  set(CURLOPT_CONNECTTIMEOUT_MS, std::min<long>(seen.options.connect_ms_max, ms_left));
  set(CURLOPT_TIMEOUT_MS, ms_left);
  set(CURLOPT_OPENSOCKETFUNCTION, &make_socket);
  set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(&seen));
  set(CURLOPT_WRITEFUNCTION, &take_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&seen));
  set(CURLOPT_HEADERFUNCTION, &take_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(&seen));
}

/// Blocks until the exchange is over. A stop wakes it up at once: curl's own waiting looks up once a second only.
CURLcode perform(CURL* handle, const exchange& seen) {
  const std::unique_ptr<CURLM, clean_up_all> all(curl_multi_init());
  if (!all || curl_multi_add_handle(all.get(), handle) != CURLM_OK) return CURLE_FAILED_INIT;
  CURLcode code = CURLE_ABORTED_BY_CALLBACK;
  {
    const auto wake = [&all] { curl_multi_wakeup(all.get()); };
    const std::stop_callback on_stop(seen.stop, wake);
    int running = 1;
    while (running > 0 && !seen.stop.stop_requested()) {
      if (curl_multi_perform(all.get(), &running) != CURLM_OK) break;
      if (running > 0 && curl_multi_poll(all.get(), nullptr, 0, poll_ms_max, nullptr) != CURLM_OK) break;
    }
    int left = 0;
    while (const CURLMsg* const message = curl_multi_info_read(all.get(), &left)) {
      if (message->msg == CURLMSG_DONE) code = message->data.result;
    }
  }
  curl_multi_remove_handle(all.get(), handle);
  return code;
}

error problem_of(CURLcode code, const exchange& seen) {
  if (seen.refused_reach) {
    return refused("the host's address is not on the public internet (" + std::string(name_of(*seen.refused_reach)) +
                   ")");
  }
  if (seen.stop.stop_requested()) return error(errc::cancelled, "fetching was stopped");
  if (seen.header_bytes > seen.options.headers_bytes_max) return error(errc::limit, "the answer's head is too long");
  if (code == CURLE_OPERATION_TIMEDOUT) return error(errc::timeout, "the page took too long");
  return error(errc::io, std::string("can't fetch: ") + curl_easy_strerror(code));
}

bool is_text(std::string type) {
  type = type.substr(0, type.find(';'));
  std::transform(type.begin(), type.end(), type.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  for (const std::string_view known : {"application/json", "application/xml", "application/xhtml+xml",
                                       "application/javascript", "application/x-yaml", "application/yaml"}) {
    if (type == known) return true;
  }
  return type.starts_with("text/") || type.ends_with("+json") || type.ends_with("+xml");
}

result<page> fetch(const fetch_page_options& options, std::string url, const std::stop_token& stop) {
  auto ms_left = static_cast<long>(options.total_ms_max);
  bool was_secure = false;
  for (std::uint32_t hop = 0; hop <= options.redirects_max; ++hop) {
    const auto to = read_url(url, options);
    if (!to) return to.error();
    if (was_secure && to->scheme != "https") return refused("the page redirects from https to http");
    was_secure = to->scheme == "https";
    if (ms_left <= 0) return error(errc::timeout, "the page took too long");
    const std::unique_ptr<CURL, clean_up> handle(curl_easy_init());
    if (!handle) return error(errc::internal, "curl can't be started");
    exchange seen{options, stop, to->is_allowed_anywhere, {}, {}, false, 0};
    set_up(handle.get(), *to, seen, ms_left);
    const CURLcode code = perform(handle.get(), seen);
    if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && seen.cut)) return problem_of(code, seen);

    long status = 0;
    char* text = nullptr;
    curl_off_t took_us = 0;
    curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(handle.get(), CURLINFO_TOTAL_TIME_T, &took_us);
    ms_left -= static_cast<long>(took_us / 1000);
    if (status >= redirect_first && status < redirect_end) {
      curl_easy_getinfo(handle.get(), CURLINFO_REDIRECT_URL, &text);
      if (text != nullptr) {
        url = text;
        continue;
      }
    }
    page found{to->url, static_cast<std::int32_t>(status), {}, {}, seen.cut};
    curl_easy_getinfo(handle.get(), CURLINFO_CONTENT_TYPE, &text);
    append_repaired_utf8(found.content_type, std::string_view(text == nullptr ? "" : text).substr(0, 200));
    if (!seen.body.empty() && !is_text(found.content_type)) {
      return refused("the page is not text but '" + found.content_type + "'");
    }
    append_repaired_utf8(found.text, seen.body);
    return found;
  }
  return error(errc::limit, "the page redirects more than " + std::to_string(options.redirects_max) + " times");
}

}  // namespace

tool_ref fetch_page(const fetch_page_options& options) {
  static std::once_flag started;
  std::call_once(started, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  tool_limits limits;
  limits.result_bytes_max = 2 * options.page_bytes_max + 8 * 1024;
  return make_tool(
      options.name, "Fetches a page of the public internet as text.",
      [options](const page_query& query, std::stop_token stop) { return fetch(options, query.url, stop); },
      tool_execution::blocking, limits);
}

#else

tool_ref fetch_page(const fetch_page_options&) {
  throw error(errc::unsupported, "this build has no curl", {}, "install libcurl4-openssl-dev and build again");
}

#endif

}  // namespace sage::tools
