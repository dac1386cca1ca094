#include "sage/llm/http/http_client.hpp"

#include <utility>

#include "sage/base/error.hpp"
#include "sage/llm/http/http_engine.hpp"

namespace sage::llm {

#if SAGE_HAS_CURL

http_client::http_client(http_client_options options) : engine_(http_engine::make(std::move(options))) {}

http_client::~http_client() {
  engine_->stop();
}

http_call http_client::start(http_request request, std::shared_ptr<http_listener> listener) {
  return {engine_, engine_->start(std::move(request), std::move(listener))};
}

std::size_t http_client::outstanding() const noexcept {
  return engine_->outstanding();
}

const clock& http_client::time() const noexcept {
  return engine_->time();
}

void http_call::cancel() const {
  if (const auto engine = engine_.lock()) engine->cancel(id_);
}

void http_call::resume() const {
  if (const auto engine = engine_.lock()) engine->resume(id_);
}

#else

http_client::http_client(http_client_options) {
  throw error(errc::unsupported, "this build has no HTTP client", "",
              "install libcurl4-openssl-dev and build again with SAGE_WITH_CURL=ON");
}

// Nothing below can be reached: there is no client to reach it with.
http_client::~http_client() = default;
http_call http_client::start(http_request, std::shared_ptr<http_listener>) {
  return {};
}
std::size_t http_client::outstanding() const noexcept {
  return 0;
}
const clock& http_client::time() const noexcept {
  return system_clock();
}
void http_call::cancel() const {}
void http_call::resume() const {}

#endif

}  // namespace sage::llm
