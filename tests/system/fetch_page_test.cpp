// Pages that may be fetched, and all the ways to where none may be fetched from.
#include "sage/agents/tools/fetch_page.hpp"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <stdexcept>

#include <zlib.h>

#include "sage/base/utf8.hpp"
#include "sage/model/dynamic_value.hpp"
#include "tests/catch.hpp"
#include "tests/system/page_server.hpp"

using namespace sage;
using Catch::Matchers::Contains;
using test::page_server;

namespace {

std::string gzipped(const std::string& text) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(text.size() + 1000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

tool_result fetch(const tool_ref& tool, const std::string& url, std::stop_token stop = {}) {
  return tool->invoke(to_json(std::map<std::string, std::string>{{"url", url}}), stop);
}

/// May reach `server`, quickly.
tools::fetch_page_options options_for(const page_server& server) {
  tools::fetch_page_options options;
  options.allow_hosts = {server.place()};
  options.total_ms_max = 5'000;
  return options;
}

dynamic_value page_of(const tool_result& result) {
  INFO(result.text);
  REQUIRE(result.outcome == tool_outcome::done);
  return from_json<dynamic_value>(result.text).value();
}

void check_refused(const tool_result& result, const std::string& why) {
  INFO(result.text);
  CHECK(result.outcome == tool_outcome::failed);
  CHECK(is_utf8(result.text));
  CHECK_THAT(result.text, Contains(why));
}

}  // namespace

TEST_CASE("a page is fetched as text, with its status and type", "[system][fetch]") {
  const page_server server(
      {{"/a", page_server::text("hello")},
       {"/json", page_server::text("{}", "application/json; charset=utf-8")},
       {"/bytes", page_server::text("a\xff"
                                    "b")},
       {"/zip", page_server::raw("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: "
                                 "gzip\r\nConnection: close\r\n\r\n" +
                                 gzipped("unpacked"))}});
  const auto tool = tools::fetch_page(options_for(server));
  const dynamic_value page = page_of(fetch(tool, server.url("/a")));
  CHECK(page.find("text")->text() == "hello");
  CHECK(*page.find("status") == dynamic_value(200));
  CHECK(page.find("content_type")->text() == "text/plain");
  CHECK(*page.find("cut") == dynamic_value(false));
  CHECK(page_of(fetch(tool, server.url("/json"))).find("text")->text() == "{}");
  CHECK(page_of(fetch(tool, server.url("/bytes"))).find("text")->text() ==
        "a\xef\xbf\xbd"
        "b");
  CHECK(page_of(fetch(tool, server.url("/zip"))).find("text")->text() == "unpacked");
  CHECK(*page_of(fetch(tool, server.url("/missing"))).find("status") == dynamic_value(404));
}

TEST_CASE("addresses that lead inward are refused, however they are written", "[system][fetch]") {
  const page_server inside({{"/", page_server::text("SECRET")}});
  const std::string port = std::to_string(inside.port());
  tools::fetch_page_options options;
  options.ports = {80, 443, inside.port()};
  options.total_ms_max = 3'000;
  const auto tool = tools::fetch_page(options);
  for (const std::string host : {"127.0.0.1",
                                 "127.1",
                                 "127.0.1",
                                 "2130706433",
                                 "0x7f000001",
                                 "0x7f.1",
                                 "017700000001",
                                 "0177.0.0.1",
                                 "0.0.0.0",
                                 "0",
                                 "localhost",
                                 "LOCALHOST",
                                 "localhost.",
                                 "[::1]",
                                 "[::]",
                                 "[::ffff:127.0.0.1]",
                                 "[::ffff:7f00:1]",
                                 "[0:0:0:0:0:0:0:1]",
                                 "[64:ff9b::7f00:1]",
                                 "169.254.169.254",
                                 "[fd00:ec2::254]",
                                 "10.0.0.1",
                                 "192.168.0.1",
                                 "172.16.0.1",
                                 "100.64.0.1",
                                 "224.0.0.1",
                                 "255.255.255.255",
                                 "168.63.129.16",
                                 "\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1",
                                 "127.0.0.1%00.example.org",
                                 "127%2e0%2e0%2e1",
                                 "localhost%2eexample.invalid"}) {
    const tool_result result = fetch(tool, "http://" + host + ":" + port + "/");
    INFO(host << " gave " << result.text);
    CHECK(result.outcome == tool_outcome::failed);
    CHECK_THAT(result.text, !Contains("SECRET"));
  }
  // A name is judged by what it resolves to when the socket is made.
  check_refused(fetch(tool, "http://localhost:" + port + "/"), "not on the public internet (loopback)");
  check_refused(fetch(tool, "http://127.0.0.1:" + port + "/"), "not on the public internet (loopback)");
  CHECK(inside.connections() == 0);
}

TEST_CASE("only complete URLs of http and https are taken, on few ports", "[system][fetch]") {
  const page_server server({{"/a", page_server::text("hello")}});
  const auto tool = tools::fetch_page(options_for(server));
  for (const std::string& url : {std::string("file:///etc/passwd"),
                                 std::string("ftp://example.org/"),
                                 std::string("gopher://127.0.0.1:70/x"),
                                 std::string("dict://127.0.0.1/"),
                                 std::string("ldap://127.0.0.1/"),
                                 std::string("javascript:alert(1)"),
                                 std::string("data:text/plain,x"),
                                 std::string("example.org"),
                                 std::string("//example.org/"),
                                 std::string(""),
                                 std::string("http://"),
                                 std::string("http:///x"),
                                 std::string("http://user:password@example.org/"),
                                 "http://x@" + server.place() + "/a",
                                 std::string("http://example.org:22/"),
                                 std::string("http://example.org:0/"),
                                 std::string("http://example.org:99999/"),
                                 "http://" + server.place() + "/a\r\nX: y",
                                 "http://" + server.place() + "\\@example.org/",
                                 std::string("http://exa mple.org/"),
                                 "http://example.org/" + std::string(5000, 'x')}) {
    const tool_result result = fetch(tool, url);
    INFO(url.substr(0, 80) << " gave " << result.text);
    CHECK(result.outcome == tool_outcome::failed);
  }
  CHECK(server.connections() == 0);
}

TEST_CASE("redirects are followed by hand, each checked as the first", "[system][fetch]") {
  const page_server inside({{"/", page_server::text("SECRET")}});
  std::map<std::string, page_server::answer> pages = {
      {"/a", page_server::text("hello")},
      {"/to_a", page_server::redirect("/a")},
      {"/twice", page_server::redirect("to_a")},
      {"/inside", page_server::redirect(inside.url("/"))},
      {"/localhost", page_server::redirect("http://localhost/")},
      {"/file", page_server::redirect("file:///etc/passwd")},
      {"/metadata", page_server::redirect("http://169.254.169.254/latest/meta-data/")},
      {"/user", page_server::redirect("http://user:password@example.org/")},
      {"/loop", page_server::redirect("/loop")},
      {"/nowhere", page_server::raw("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n")},
  };
  const page_server server(pages);
  const auto tool = tools::fetch_page(options_for(server));
  const dynamic_value page = page_of(fetch(tool, server.url("/twice")));
  CHECK(page.find("text")->text() == "hello");
  CHECK(page.find("url")->text() == server.url("/a"));
  check_refused(fetch(tool, server.url("/inside")), "port");
  check_refused(fetch(tool, server.url("/localhost")), "not on the public internet (loopback)");
  check_refused(fetch(tool, server.url("/file")), "the tool failed");
  check_refused(fetch(tool, server.url("/metadata")), "not on the public internet (link-local)");
  check_refused(fetch(tool, server.url("/user")), "user name");
  check_refused(fetch(tool, server.url("/loop")), "more than 5 times");
  CHECK(*page_of(fetch(tool, server.url("/nowhere"))).find("status") == dynamic_value(302));
  CHECK(inside.connections() == 0);
}

TEST_CASE("sizes and times are bounded", "[system][fetch]") {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";
  const auto endless = [&](std::string part) {
    return [=](int socket) {
      if (!page_server::send(socket, head + "\r\n")) return;
      for (int i = 0; i < 100'000 && page_server::send(socket, part); ++i) {
      }
    };
  };
  const page_server server({
      {"/endless", endless(std::string(1000, 'x'))},
      {"/bomb", page_server::raw(head + "Content-Encoding: gzip\r\nConnection: close\r\n\r\n" +
                                 gzipped(std::string(10'000'000, 'x')))},
      {"/head",
       [&](int socket) {
         page_server::send(socket, head);
         for (int i = 0; i < 10'000 && page_server::send(socket, "X-Header: " + std::string(100, 'x') + "\r\n");
              ++i) {
         }
       }},
      {"/silent", page_server::hang("")},
      {"/half", page_server::hang(head + "Content-Length: 100\r\n\r\nhalf")},
      {"/binary", page_server::text(std::string("\x89PNG\0", 5), "image/png")},
      {"/untyped", page_server::raw("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")},
      {"/garbage", page_server::raw("this is no HTTP at all\r\n\r\n")},
      {"/short", page_server::raw(head + "Content-Length: 100\r\n\r\nshort")},
      {"/gone", page_server::raw("")},
  });
  tools::fetch_page_options options = options_for(server);
  options.page_bytes_max = 10'000;
  const auto tool = tools::fetch_page(options);
  for (const char* path : {"/endless", "/bomb"}) {
    const dynamic_value page = page_of(fetch(tool, server.url(path)));
    CHECK(*page.find("cut") == dynamic_value(true));
    CHECK(page.find("text")->text().size() == 10'000);
  }
  check_refused(fetch(tool, server.url("/head")), "head is too long");
  check_refused(fetch(tool, server.url("/binary")), "not text but 'image/png'");
  check_refused(fetch(tool, server.url("/untyped")), "not text");
  check_refused(fetch(tool, server.url("/garbage")), "can't fetch");
  check_refused(fetch(tool, server.url("/short")), "can't fetch");
  check_refused(fetch(tool, server.url("/gone")), "can't fetch");
  options.total_ms_max = 200;
  const auto hasty = tools::fetch_page(options);
  const auto before = std::chrono::steady_clock::now();
  check_refused(fetch(hasty, server.url("/silent")), "took too long");
  check_refused(fetch(hasty, server.url("/half")), "took too long");
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(5));
}

TEST_CASE("fetching ends at once when nobody waits for it any more", "[system][fetch]") {
  using clock = std::chrono::steady_clock;
  std::stop_source source;
  std::atomic<clock::duration> stopped_at{};
  // Stopped once the request has arrived, with nothing to come for ten seconds.
  const page_server server({{"/silent", [&](int socket) {
                               stopped_at = clock::now().time_since_epoch();
                               source.request_stop();
                               page_server::hang("")(socket);
                             }}});
  tools::fetch_page_options options = options_for(server);
  options.total_ms_max = 60'000;
  check_refused(fetch(tools::fetch_page(options), server.url("/silent"), source.get_token()), "was stopped");
  const auto took = clock::now().time_since_epoch() - stopped_at.load();
  INFO("ended " << std::chrono::duration_cast<std::chrono::microseconds>(took).count() << " us after the stop");
  CHECK(took < std::chrono::milliseconds(500));  // 50 on a machine of its own
}

TEST_CASE("a proxy of the environment is not used", "[system][fetch]") {
  const page_server proxy({});
  const page_server server({{"/a", page_server::text("hello")}});
  ::setenv("http_proxy", ("http://" + proxy.place()).c_str(), 1);
  ::setenv("all_proxy", ("http://" + proxy.place()).c_str(), 1);
  const auto tool = tools::fetch_page(options_for(server));
  CHECK(page_of(fetch(tool, server.url("/a"))).find("text")->text() == "hello");
  check_refused(fetch(tool, "http://localhost/"), "not on the public internet");
  ::unsetenv("http_proxy");
  ::unsetenv("all_proxy");
  CHECK(proxy.connections() == 0);
}
