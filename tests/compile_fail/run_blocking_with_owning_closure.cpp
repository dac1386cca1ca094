// expect-error: run_blocking\(
// g++ 12 destroys a closure twice that is built inside co_await and owns something: it has to have a name.
#include <string>

#include <sage/functions/tasks/blocking.hpp>

sage::task<std::size_t> run(std::string text) {
#ifdef FIXED
  const auto work = [text] { return text.size(); };
  const std::size_t size = co_await sage::run_blocking(work);
#else
  const std::size_t size = co_await sage::run_blocking([text] { return text.size(); });
#endif
  co_return size;
}
