// A program around a pipeline: run, graph, --help, --version, --config.
#include <sage/app.hpp>
#include <sage/sage.hpp>

namespace {

sage::app line_count() {
  sage::app app("line_count", "counts the lines of files");
  app.option<std::vector<std::string>>("input", "files to read").shown_as("PATH").required();
  app.build([](sage::environment& env, const sage::options& given) {
    env.from_source(sage::file::slices(given.get<std::vector<std::string>>("input")))
        .key_by([](sage::slice) { return 0; })
        .aggregate(sage::count{})
        .sink([](const std::pair<int, std::uint64_t>& lines) {
          std::printf("%llu\n", static_cast<unsigned long long>(lines.second));
        });
  });
  return app;
}

}  // namespace

int line_count_main(int argc, char** argv) {
  return sage::app_main(argc, argv, line_count);
}
