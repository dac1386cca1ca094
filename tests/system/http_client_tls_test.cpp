// The HTTP client and certificates, against OpenSSL's own server.
#include "sage/llm/http/http_client.hpp"
#include "sage/testing/scripted_http_server.hpp"
#include "tests/catch.hpp"
#include "tests/system/process.hpp"
#include "tests/unit/llm/heard_call.hpp"

using namespace sage;
using namespace sage::llm;
using namespace sage::testing;

namespace {

/// `openssl s_server` with a certificate of its own making for 127.0.0.1, or for another name.
class tls_server {
 public:
  explicit tls_server(const std::string& name) {
    {
      const scripted_http_server free_port;
      port_ = std::to_string(free_port.port());
    }
    const finished_process made =
        run_shell("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test -addext subjectAltName=" + name +
                  " -keyout " + folder_.path("key.pem") + " -out " + certificate());
    REQUIRE(made.exit_code == 0);
    server_ = std::make_unique<process>(
        "/usr/bin/openssl", std::vector<std::string>{"s_server", "-www", "-accept", "127.0.0.1:" + port_, "-key",
                                                     folder_.path("key.pem"), "-cert", certificate()});
    REQUIRE(server_->wait_for("ACCEPT"));
  }

  [[nodiscard]] std::string certificate() const { return folder_.path("certificate.pem"); }
  [[nodiscard]] http_request request() const {
    http_request get;
    get.method = "GET";
    get.url = "https://127.0.0.1:" + port_ + "/";
    return get;
  }

 private:
  scratch_folder folder_;
  std::string port_;
  std::unique_ptr<process> server_;
};

http_outcome outcome_of(const tls_server& server, http_client_options options) {
  options.proxy = "";
  http_client client(options);
  auto heard = std::make_shared<test::heard_answer>();
  client.start(server.request(), heard);
  REQUIRE(heard->wait_done());
  return heard->outcome;
}

}  // namespace

TEST_CASE("a certificate counts only when somebody trusted vouches for it and for the host", "[system][llm][tls]") {
  if (run_shell("test -x /usr/bin/openssl").exit_code != 0) {
    WARN("openssl is not installed");
    return;
  }
  const tls_server server("IP:127.0.0.1");
  const http_outcome unknown = outcome_of(server, {});
  CHECK(unknown.failure == http_failure::tls);
  CHECK_THAT(unknown.text, Catch::Contains("certificate"));

  http_client_options trusting;
  trusting.ca_file = server.certificate();
  CHECK(outcome_of(server, trusting).status == 200);
  http_client_options careless;
  careless.insecure = true;
  CHECK(outcome_of(server, careless).status == 200);

  const tls_server other("DNS:elsewhere.example");
  http_client_options other_trust;
  other_trust.ca_file = other.certificate();
  CHECK(outcome_of(other, other_trust).failure == http_failure::tls);
}
