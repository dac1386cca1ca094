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
          secret<std::string>(std::move(variables["SAGE_CALLER_TOKEN"])),
          secret<std::string>(std::move(variables["SAGE_EMBEDDING_API_KEY"]))};
}

void declare_door_options(sage::app& app) {
  app.option<std::string>("tls-certificate", "PEM file of the certificate, with those that vouch for it: speaks TLS")
      .shown_as("FILE")
      .fallback("");
  app.option<std::string>("tls-key", "PEM file of the certificate's key").shown_as("FILE").fallback("");
  app.option<std::vector<std::string>>("host-name", "names it answers to, beyond localhost and addresses")
      .shown_as("NAME");
}

void check_tls(const sage::options& given) {
  const sage::serving::tls_files files = tls_of(given);
  if (files.certificate.empty() != files.key.empty()) {
    throw error(errc::configuration,
                files.key.empty() ? "--tls-certificate without --tls-key" : "--tls-key without --tls-certificate", {},
                "give both, or neither for plain HTTP");
  }
  if (!files.key.empty() && (given.get<bool>("once") || given.get<bool>("demo"))) {
    throw error(errc::configuration, "the scripted conversation speaks plain HTTP", "--tls-certificate",
                "leave --once and --demo out");
  }
}

sage::serving::tls_files tls_of(const sage::options& given) {
  return {given.get<std::string>("tls-certificate"), given.get<std::string>("tls-key")};
}

std::vector<std::string> host_names_of(const sage::options& given) {
  if (!given.is_given("host-name")) return {};
  return given.get<std::vector<std::string>>("host-name");
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
