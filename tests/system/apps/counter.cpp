// A small app for the system tests: numbers in, numbers on stdout, with whatever may go wrong on request.
#include <cstdio>
#include <memory>
#include <stdexcept>

#include <poll.h>
#include <sage/app.hpp>
#include <sage/sage.hpp>

namespace {

// Waits without the engine's knowledge, as slow code of a user does.
void wait_ms(int milliseconds) {
  if (milliseconds > 0) ::poll(nullptr, 0, milliseconds);
}

sage::app counter() {
  sage::app app("counter", "counts to a number");
  app.help("Numbers from 0 on go through a pipeline; their sum is printed.");
  app.example("counter run --count 10", "prints the sum of 0 to 9");
  app.option<std::int64_t>("count", "how many numbers").shown_as("N").required().between(0, 1'000'000'000);
  app.option<std::int64_t>("throw-at", "the number at which the function throws").fallback(-1);
  app.option<std::string>("on-throw", "what happens to that number").choices({"fail", "drop"}).fallback("fail");
  app.option<int>("slow", "milliseconds that each number takes").unit("ms").fallback(0);
  app.option<bool>("print", "print every number");
  app.option<bool>("wait-in-build", "never come to the job");
  app.option<bool>("wait-after", "after the job, wait for a signal");
  app.option<std::vector<std::string>>("labels", "anything").shown_as("LABEL");
  app.check([](const sage::options& given) {
    if (given.get<std::int64_t>("throw-at") >= given.get<std::int64_t>("count")) {
      throw sage::error(sage::errc::configuration, "--throw-at must be below --count");
    }
  });
  auto sum = std::make_shared<std::int64_t>(0);
  app.build([sum](sage::environment& env, const sage::options& given) {
    const auto bad = given.get<std::int64_t>("throw-at");
    const bool prints = given.get<bool>("print");
    if (given.get<bool>("wait-in-build")) {
      std::fprintf(stderr, "building\n");
      for (;;) ::poll(nullptr, 0, -1);
    }
    const int slow = given.get<int>("slow");
    env.from_source(sage::range<std::int64_t>(0, given.get<std::int64_t>("count")))
        .name("numbers")
        .map([bad, slow](std::int64_t n) {
          wait_ms(slow);
          if (n == bad) throw std::runtime_error("the number " + std::to_string(n) + " is bad");
          return n;
        })
        .name("work")
        .on_error(given.get<std::string>("on-throw") == "drop" ? sage::drop : sage::fail)
        .sink([sum, prints](std::int64_t n) {
          *sum += n;
          if (prints && std::printf("%lld\n", static_cast<long long>(n)) < 0) {
            throw sage::error(sage::errc::io, "stdout takes nothing");
          }
        })
        .name("sum");
  });
  app.finish([sum](const sage::job_result&, const sage::options& given, const sage::interruption& user) {
    std::printf("sum %lld\n", static_cast<long long>(*sum));
    std::fflush(stdout);
    if (!given.get<bool>("wait-after")) return;
    pollfd stop{user.descriptor(), POLLIN, 0};
    while (!user.requested()) ::poll(&stop, 1, -1);
    std::printf("bye\n");
  });
  return app;
}

}  // namespace

int main(int argc, char** argv) {
  return sage::app_main(argc, argv, counter);
}
