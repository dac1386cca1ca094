// Counts what the pipeline of the first bench allocates: prints allocations per million records, fused and not.
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>

#include <sage/sage.hpp>

namespace {

std::atomic<std::uint64_t> allocations{0};

void* count_and_allocate(std::size_t bytes) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* made = std::malloc(bytes == 0 ? 1 : bytes)) return made;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t bytes) {
  return count_and_allocate(bytes);
}
void* operator new[](std::size_t bytes) {
  return count_and_allocate(bytes);
}
void operator delete(void* made) noexcept {
  std::free(made);
}
void operator delete[](void* made) noexcept {
  std::free(made);
}
void operator delete(void* made, std::size_t) noexcept {
  std::free(made);
}
void operator delete[](void* made, std::size_t) noexcept {
  std::free(made);
}

int main() {
  constexpr std::int64_t records = 20'000'000;
  for (const bool fused : {true, false}) {
    sage::environment_options options;
    options.parallelism = 1;
    if (!fused) options.disabled_passes = {"chain-fusion", "router-fusion"};
    sage::local_environment env(options);
    std::int64_t sum = 0;
    env.from_source(sage::range<std::int64_t>(0, records))
        .map([](std::int64_t x) { return x * 3 + 1; })
        .filter([](std::int64_t x) { return (x & 1) != 0; })
        .sink([&sum](std::int64_t x) { sum += x; });
    const std::uint64_t before = allocations;
    env.execute("allocations");
    const double each = static_cast<double>(allocations - before) / (static_cast<double>(records) * 1e-6);
    std::printf("%s %.1f\n", fused ? "fused" : "unfused", each);
    if (sum <= 0) return 1;
  }
}
