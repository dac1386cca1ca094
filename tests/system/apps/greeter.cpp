// A small app with everything an app may do beside its pipeline: prepare, attend, commands of its own.
#include <cstdio>
#include <memory>
#include <stdexcept>

#include <sage/app.hpp>
#include <sage/sage.hpp>

namespace {

sage::app greeter() {
  sage::app app("greeter", "greets for ever");
  app.option<std::string>("name", "whom to greet").fallback("world");
  app.option<std::string>("fail", "where something goes wrong")
      .choices({"nowhere", "prepare", "running", "strangely"})
      .fallback("nowhere");
  const auto greeting = std::make_shared<std::string>();
  app.prepare([greeting](const sage::options& given) {
    if (given.get<std::string>("fail") == "prepare") throw sage::error(sage::errc::io, "no paper");
    *greeting = "hello " + given.get<std::string>("name");
  });
  app.build([greeting](sage::environment& env, const sage::options&) {
    env.from_source(sage::range<std::int64_t>(0, 1'000'000'000'000)).sink([](std::int64_t) {});
  });
  app.on_running([greeting](sage::job& running, const sage::options& given, const sage::interruption&) {
    if (given.get<std::string>("fail") == "running") throw sage::error(sage::errc::io, "nobody is there");
    if (given.get<std::string>("fail") == "strangely") throw std::runtime_error("something odd");
    std::printf("%s\n", greeting->c_str());
    std::fflush(stdout);
    running.drain();
  });
  app.action(
      {"names add", "NAME", "says that a name was added", [](const std::string& name, const sage::options& given) {
         if (name == "nobody") throw sage::error(sage::errc::io, "that is nobody");
         if (name == "no-one") throw sage::error(sage::errc::configuration, "that is no one");
         return "added " + name + " beside " + given.get<std::string>("name") + "\n";
       }});
  return app;
}

}  // namespace

int main(int argc, char** argv) {
  return sage::app_main(argc, argv, greeter);
}
