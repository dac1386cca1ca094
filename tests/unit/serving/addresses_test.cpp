// Where servers listen, and the names that they answer to.
#include "sage/serving/allowed_hosts.hpp"
#include "sage/serving/listen_address.hpp"
#include "tests/catch.hpp"

using namespace sage;
using namespace sage::serving;

TEST_CASE("an address is a host and a port", "[serving][address]") {
  CHECK(parse_address("127.0.0.1:8080").value() == address{"127.0.0.1", 8080});
  CHECK(parse_address(":7072").value() == address{"127.0.0.1", 7072});
  CHECK(parse_address("[::1]:0").value() == address{"::1", 0});
  CHECK(parse_address("agents.example:65535").value() == address{"agents.example", 65535});
  CHECK(address{"::1", 80}.to_string() == "[::1]:80");
  CHECK(address{"localhost", 80}.to_string() == "localhost:80");
  for (const char* wrong :
       {"", "8080", "host", "host:", "host:x", "host:65536", "host:-1", "host: 1", "::1:80", "[::1:80", "[host]:80",
        "[]:80", "a b:80", "http://host:80", "user@host:80", "host:80/"}) {
    CAPTURE(wrong);
    const auto parsed = parse_address(wrong);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().code() == errc::configuration);
    CHECK(parsed.error().advice().find("HOST:PORT") != std::string::npos);
  }
}

TEST_CASE("loopback is what only this machine can reach", "[serving][address]") {
  for (const char* host : {"127.0.0.1", "127.9.9.9", "::1", "localhost"}) CHECK(is_loopback(host));
  for (const char* host : {"0.0.0.0", "::", "10.0.0.1", "127.evil.example", "127.0.0.1.evil.example",
                           "localhost.evil", "127.0.0", "127.0.0.256", ""}) {
    CAPTURE(host);
    CHECK_FALSE(is_loopback(host));
  }
}

TEST_CASE("a server off loopback needs callers or the will to go without", "[serving][address]") {
  const address local{"127.0.0.1", 1};
  const address open{"0.0.0.0", 1};
  CHECK(check_exposure(local, {}).has_value());
  CHECK(check_exposure(open, {true, false}).has_value());
  CHECK(check_exposure(open, {false, true}).has_value());
  const auto refused = check_exposure(open, {});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code() == errc::configuration);
  CHECK(refused.error().advice().find("--insecure") != std::string::npos);
  CHECK_FALSE(check_exposure({"agents.example", 1}, {}).has_value());
  CHECK_FALSE(check_exposure({"::", 1}, {}).has_value());
}

TEST_CASE("the name of a Host is told from its port", "[serving][hosts]") {
  CHECK(host_name("a.example:80") == "a.example");
  CHECK(host_name("a.example") == "a.example");
  CHECK(host_name("[::1]:80") == "::1");
  CHECK(host_name("[::1]") == "::1");
  for (const char* none : {"", ":80", "a:b", "a:80:80", "a:123456", "[::1", "[::1]80", "[::1]:x"}) {
    CAPTURE(none);
    CHECK(host_name(none).empty());
  }
}

TEST_CASE("names are compared without case and without a dot at the end", "[serving][hosts]") {
  const allowed_hosts hosts({"Agents.Example"});
  CHECK(hosts.allow("AGENTS.example.:443"));
  CHECK(hosts.allow("LocalHost"));
  CHECK(hosts.allow("192.0.2.7:80"));
  CHECK(hosts.allow("[2001:db8::1]"));
  CHECK_FALSE(hosts.allow("x.agents.example"));
  CHECK_FALSE(hosts.allow("agents.example.evil"));
  CHECK_FALSE(hosts.allow("."));
  CHECK(allowed_hosts({"*"}).allow("anything.at.all"));
  CHECK_FALSE(allowed_hosts({"*"}).allow("not:a:host"));
}
