#include "agent_service/admission.hpp"

#include <utility>

#include "sage/app/environment_variables.hpp"
#include "sage/base/error.hpp"
#include "sage/serving/callers_file.hpp"
#include "sage/serving/listen_address.hpp"

namespace agent_service {

using sage::errc;
using sage::error;
using sage::secret;

secrets read_secrets() {
  auto variables = sage::apps::sage_variables();
  return {secret<std::string>(std::move(variables["SAGE_API_KEY"])),
          secret<std::string>(std::move(variables["SAGE_CALLER_TOKEN"]))};
}

void check_exposure(const sage::options& given, const secrets& keys) {
  const auto listen = sage::serving::parse_address(given.get<std::string>("listen"));
  if (!listen) throw listen.error().at(given.at("listen").place);
  sage::serving::exposure exposed;
  exposed.callers_known = !given.get<std::string>("callers").empty() || !keys.caller_token.reveal().empty();
  exposed.insecure = given.get<bool>("insecure");
  if (!sage::serving::check_exposure(*listen, exposed)) {
    throw error(errc::configuration, "others can reach this address, and nobody would be asked who they are",
                listen->to_string(),
                "name callers with --callers FILE or SAGE_CALLER_TOKEN, or take the risk with --insecure");
  }
}

admission admit(const sage::options& given, const secrets& keys, bool calls_itself) {
  auto all = std::make_shared<sage::serving::callers>();
  const auto path = given.get<std::string>("callers");
  if (!path.empty()) {
    *all = sage::serving::read_callers(path).value();
    if (all->empty()) {
      throw error(errc::configuration, "no caller is in the file", path,
                  "add one: agent_service callers add TENANT --callers " + path);
    }
  }
  admission made;
  if (!keys.caller_token.reveal().empty()) {
    if (const auto added = all->add_token("caller", keys.caller_token); !added) {
      throw error(errc::configuration, added.error().message(), "SAGE_CALLER_TOKEN", added.error().advice());
    }
    made.own_token = keys.caller_token;
  }
  if (all->empty()) return made;
  if (calls_itself && made.own_token.reveal().empty()) {
    made.own_token = sage::serving::make_token().value();
    all->add_token("conversation", made.own_token).value();
  }
  made.allowed = std::move(all);
  return made;
}

std::string add_caller(const std::string& tenant, const sage::options& given) {
  const auto path = given.get<std::string>("callers");
  if (path.empty()) {
    throw error(errc::configuration, "--callers is missing", {},
                "write agent_service callers add TENANT --callers FILE");
  }
  return sage::serving::add_caller(path, tenant).value().reveal() + "\n";
}

}  // namespace agent_service
