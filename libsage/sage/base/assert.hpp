/// Broken invariants: checked in every build, reported as errc::internal, never ignored.
#pragma once

namespace sage {

/// Throws `error(errc::internal)` with the condition and its place.
[[noreturn]] void fail_assertion(const char* condition, const char* file, int line);

}  // namespace sage

/// Checks an invariant of SAGE itself. Not for bad input (that's an error with advice) and not per record.
#define SAGE_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::sage::fail_assertion(#condition, __FILE__, __LINE__))
