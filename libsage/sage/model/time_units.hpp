/// In which unit a codec writes a duration or a time point.
#pragma once

#include <cstdint>
#include <type_traits>

namespace sage {

/// Milliseconds per tick of a duration when that is a whole number, otherwise 0. Codecs write the former in
/// milliseconds and all others (microseconds, nanoseconds, floating) as their own count: nothing is ever rounded.
template <class Duration>
inline constexpr std::int64_t milliseconds_per_tick =
    std::is_integral_v<typename Duration::rep>&& std::is_signed_v<typename Duration::rep>&& Duration::period::num *
                1000 % Duration::period::den ==
            0
        ? Duration::period::num * 1000 / Duration::period::den
        : 0;

}  // namespace sage
