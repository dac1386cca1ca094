#include "sage/base/error.hpp"

#include <utility>

namespace sage {

namespace {

std::string compose(const std::string& message, const std::string& where, const std::string& advice) {
  std::string text;
  text.reserve(where.size() + message.size() + advice.size() + 8);
  if (!where.empty()) text.append(where).append(": ");
  text.append(message);
  if (!advice.empty()) text.append(" (").append(advice).append(")");
  return text;
}

}  // namespace

std::string_view to_string(errc code) noexcept {
  switch (code) {
    case errc::none: return "none";
    case errc::invalid_argument: return "invalid_argument";
    case errc::invalid_graph: return "invalid_graph";
    case errc::not_found: return "not_found";
    case errc::io: return "io";
    case errc::parse: return "parse";
    case errc::limit: return "limit";
    case errc::user_function: return "user_function";
    case errc::ledger: return "ledger";
    case errc::cancelled: return "cancelled";
    case errc::timeout: return "timeout";
    case errc::configuration: return "configuration";
    case errc::unsupported: return "unsupported";
    case errc::internal: return "internal";
  }
  return "unknown";
}

error::error(errc code, std::string message, std::string where, std::string advice)
    : std::runtime_error(compose(message, where, advice)),
      code_(code),
      message_(std::move(message)),
      where_(std::move(where)),
      advice_(std::move(advice)) {}

error error::at(std::string where) const {
  return where_.empty() ? error(code_, message_, std::move(where), advice_) : *this;
}

}  // namespace sage
