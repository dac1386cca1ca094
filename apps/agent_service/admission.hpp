/// Who may call the service, from options and environment.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <sage/app.hpp>

#include "sage/model/secret.hpp"
#include "sage/serving/callers.hpp"
#include "sage/serving/http_server.hpp"

namespace agent_service {

/// Keys and tokens, which come from the environment alone: a command line is seen by everybody on the machine.
struct secrets {
  sage::secret<std::string> api_key;            ///< SAGE_API_KEY, what the model's server is shown
  sage::secret<std::string> caller_token;       ///< SAGE_CALLER_TOKEN, what the one caller must present
  sage::secret<std::string> embedding_api_key;  ///< SAGE_EMBEDDING_API_KEY, what the embedding model's is shown
};
[[nodiscard]] secrets read_secrets();

/// Declares --tls-certificate, --tls-key and --host-name.
void declare_door_options(sage::app& app);
/// Throws errc::configuration for one TLS file without the other, and for TLS with the scripted conversation, which
/// speaks plain HTTP.
void check_tls(const sage::options& given);
/// The files that were given; empty for plain HTTP.
[[nodiscard]] sage::serving::tls_files tls_of(const sage::options& given);
[[nodiscard]] std::vector<std::string> host_names_of(const sage::options& given);

/// The callers that are let in, and the token by which the service calls itself; both empty when everybody is.
struct admission {
  std::shared_ptr<const sage::serving::callers> allowed;
  sage::secret<std::string> own_token;
};

/// Throws errc::configuration for an address that isn't one, or that others can reach while everybody is let in.
void check_exposure(const sage::options& given, const secrets& keys);

/// Reads --callers and adds the caller of SAGE_CALLER_TOKEN. When somebody has to present a token, the service gets
/// one of its own if `calls_itself`. Throws what is wrong with the file, also that nobody is in it.
[[nodiscard]] admission admit(const sage::options& given, const secrets& keys, bool calls_itself);

/// `callers add TENANT --callers FILE`: the new token, once.
[[nodiscard]] std::string add_caller(const std::string& tenant, const sage::options& given);

}  // namespace agent_service
