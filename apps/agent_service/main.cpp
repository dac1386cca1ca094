// agent_service: a shop's agents behind the API that every client of language models speaks.
#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <sage/app.hpp>
#include <sage/sage.hpp>

#include "agent_service/admission.hpp"
#include "agent_service/agents.hpp"
#include "agent_service/compiled_prompts.hpp"
#include "agent_service/conversation.hpp"
#include "agent_service/model/model_settings.hpp"
#include "agent_service/pipeline.hpp"
#include "agent_service/shop/shop_folder.hpp"
#include "agent_service/shop/shop_tools.hpp"
#include "sage/observability/log.hpp"

namespace {

using namespace agent_service;

constexpr const char* listen_default = "127.0.0.1:8080";

sage::serving::address usual_address() {
  return sage::serving::parse_address(listen_default).value();
}

/// Everything that one run of the service is made of.
class service {
 public:
  void check(const sage::options& given) {
    check_exposure(given, keys_);
    check_tls(given);
    check_model_options(given);
  }

  /// Opens what the agents need.
  void prepare(const sage::options& given) {
    plays_ = given.get<bool>("once") || given.get<bool>("demo");
    admission_ = admit(given, keys_, plays_);
    folder_ = std::make_unique<shop::shop_folder>(given.get<std::string>("data"));
    if (folder_->is_temporary()) {
      std::fprintf(stderr, "agent_service: the shop is in %s, for this run only; --data DIR keeps one\n",
                   folder_->path().c_str());
    }
    for (const compiled_prompt& one : compiled_prompts()) {
      resources_->add_prompt(sage::prompt(std::string(one.name), std::string(one.text)));
    }
    if (const auto prompts = given.get<std::string>("prompts"); !prompts.empty()) {
      resources_->prompts(sage::prompt_folder(prompts));
    }
    resources_->model(model_name, make_model(given, keys_.api_key));
    embeddings_ = make_embedding_model(given, keys_.api_key, keys_.embedding_api_key);
    if (const auto directory = journal_directory(given); !directory.empty()) {
      journal_ = sage::open_effect_journal({.directory = directory});
    }
    shop::add_tools(*resources_, std::make_shared<shop::database>(folder_->database()));
  }

  void build(sage::environment& env, const sage::options& given) {
    sage::serving::chat_server_options server;
    server.listen = given.get<std::string>("listen");
    server.allowed = admission_.allowed;
    server.tls = tls_of(given);
    server.hosts = host_names_of(given);
    server.embeddings = embeddings_;
    server.insecure = given.get<bool>("insecure");
    server.log = log_of(given);
    server.metrics = [shown = shown_] { return shown->metrics(); };
    server.on_bound = [shown = shown_](const sage::serving::address& where) { shown->bind(where); };
    declare_service(env, std::move(server), resources_, journal_);
  }

  void on_running(sage::job& running, const sage::options& given) {
    shown_->show(running);
    // Not forever: a service that can't listen has failed.
    std::optional<sage::serving::address> where;
    while (!(where = shown_->bound())) {
      constexpr sage::nanoseconds look_again = 5'000'000;
      if (is_final(running.record()->wait(look_again))) return;
    }
    const bool is_tls = !tls_of(given).certificate.empty();
    print((is_tls ? "service https://" : "service http://") + where->to_string() + "\n");
    if (plays_) {
      conversation(*where, admission_.own_token, print).play(scripted_turns());
      const bool stays = !given.get<bool>("once");
      print(std::string("\nAny client of OpenAI's API can talk to it") +
            (stays ? "" : " while `agent_service run` is up") + ":\n" +
            curl_advice(stays ? *where : usual_address(), admission_.allowed != nullptr));
    }
    if (given.get<bool>("once")) running.drain();
  }

 private:
  /// What the server asks of the job, which begins after it was described. Thread-safe.
  class shown_job {
   public:
    void show(const sage::job& running) {
      const std::lock_guard lock(mutex_);
      record_ = running.record();
    }
    [[nodiscard]] std::string metrics() const {
      const std::lock_guard lock(mutex_);
      const auto record = record_.lock();
      return record ? sage::job(record, nullptr).metrics().to_prometheus() : std::string();
    }
    void bind(const sage::serving::address& where) {
      const std::lock_guard lock(mutex_);
      bound_ = where;
    }
    [[nodiscard]] std::optional<sage::serving::address> bound() const {
      const std::lock_guard lock(mutex_);
      return bound_;
    }

   private:
    mutable std::mutex mutex_;
    std::weak_ptr<sage::runtime::job_record> record_;  // the job holds the server that holds us
    std::optional<sage::serving::address> bound_;
  };

  static std::shared_ptr<sage::logger> log_of(const sage::options& given) {
    const auto least = sage::log_level_of(given.get<std::string>("log-level")).value_or(sage::log_level::warn);
    const auto form = given.get<std::string>("log-format") == "json" ? sage::log_form::json : sage::log_form::human;
    return std::make_shared<sage::logger>(
        least, form, [](std::string_view line) { std::fwrite(line.data(), 1, line.size(), stderr); });
  }

  static std::string journal_directory(const sage::options& given) {
    const auto own = given.get<std::string>("journal");
    const auto data = given.get<std::string>("data");
    return !own.empty() || data.empty() ? own : data + "/journal";
  }

  static void print(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);  // run_command looks at the stream when all is over
    std::fflush(stdout);
  }

  const secrets keys_ = read_secrets();
  bool plays_ = false;
  admission admission_;
  std::unique_ptr<shop::shop_folder> folder_;
  std::shared_ptr<sage::embedding_model> embeddings_;
  std::shared_ptr<sage::agent_resources> resources_ = std::make_shared<sage::agent_resources>();
  std::shared_ptr<sage::agents::effect_journal> journal_;
  std::shared_ptr<shown_job> shown_ = std::make_shared<shown_job>();
};

sage::app app() {
  sage::app app("agent_service", "answers a shop's customers with agents, over HTTP");
  app.help(
      "Serves OpenAI's chat completions, plain and streamed: any client of that API can talk to it, as the model\n"
      "\"sage\". A message is classified by rules and routed to the order desk, the refund desk or the front desk, "
      "each\n"
      "an agent with its own prompt and tools on the shop's database. The header X-Conversation-Id (or\n"
      "metadata.conversation_id) names a conversation, which is then remembered.\n"
      "Without --model-url the desks run on rules that stand in for a language model, and say so in the field "
      "\"model\"\n"
      "of every answer. SAGE_API_KEY is what the model's server is shown. With --embedding-url there is\n"
      "/v1/embeddings too. Off this machine, callers must be known:\n"
      "by --callers FILE, or one by SAGE_CALLER_TOKEN. Keys and tokens have no option: command lines can be seen.\n"
      "The first line on stdout says where it listens.");
  app.example("agent_service run --once", "shows a conversation and ends");
  app.example("SAGE_API_KEY=... agent_service run --model-url https://api.openai.com/v1 --model gpt-4o-mini",
              "serves with a language model");
  app.example("agent_service callers add acme --callers callers.txt", "lets somebody in; prints the token once");
  app.option<std::string>("listen", "where to serve; port 0 picks one")
      .shown_as("HOST:PORT")
      .fallback(listen_default);
  declare_door_options(app);
  declare_model_options(app);
  app.option<std::string>("data", "the folder of shop.db, made when it isn't there; empty is a temporary one")
      .shown_as("DIR")
      .fallback("");
  app.option<std::string>("journal",
                          "the folder that keeps conversations and what was done in them over a crash; empty is "
                          "journal in the folder of --data, or none without that")
      .shown_as("DIR")
      .fallback("");
  app.option<std::string>("prompts", "a folder of prompts (order, refund, talk) to use instead of the built-in ones")
      .shown_as("DIR")
      .fallback("");
  app.option<std::string>("callers", "who may call: lines of tenant, hash of token, limits; mode 0600")
      .shown_as("FILE")
      .fallback("");
  app.option<bool>("demo", "show a scripted conversation first");
  app.option<bool>("once", "show a scripted conversation and end");
  const auto its = std::make_shared<service>();
  app.check([its](const sage::options& given) { its->check(given); });
  app.prepare([its](const sage::options& given) { its->prepare(given); });
  app.build([its](sage::environment& env, const sage::options& given) { its->build(env, given); });
  app.on_running([its](sage::job& running, const sage::options& given, const sage::interruption& stop) {
    try {
      its->on_running(running, given);
    } catch (const sage::error&) {
      if (!stop.requested()) throw;  // a drain refuses the rest of the conversation, as it should
    }
  });
  app.action(
      {"callers add", "TENANT", "adds a caller to the file of --callers and prints the token, once", add_caller});
  return app;
}

}  // namespace

int main(int argc, char** argv) {
  return sage::app_main(argc, argv, app);
}
