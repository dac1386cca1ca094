/// What a process uses and what the machine has: time, memory, threads, load.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace sage::bench {

/// Seconds of a clock that never goes back.
[[nodiscard]] double wall_seconds();
/// CPU seconds of this process so far, all threads.
[[nodiscard]] double cpu_seconds();
/// CPU seconds of all processes of the machine so far, ours among them.
[[nodiscard]] double machine_cpu_seconds();

/// A field of /proc/self/status in its own unit (kB for memory), 0 when it isn't there.
[[nodiscard]] std::uint64_t status_field(const char* name);
/// Resident memory now, and the most it ever was, in MiB.
[[nodiscard]] double resident_mib();
[[nodiscard]] double peak_resident_mib();
/// Threads of this process.
[[nodiscard]] std::uint64_t thread_count();

[[nodiscard]] std::array<double, 3> load_averages();
[[nodiscard]] std::string cpu_name();
[[nodiscard]] std::uint64_t core_count();
[[nodiscard]] std::uint64_t memory_mib();

}  // namespace sage::bench
