/// Numbers as the text formats write them: shortest digits that read back as the same number.
#pragma once

#include <cstdint>
#include <string>

namespace sage {

void append_number(std::string& out, std::int64_t number);
void append_number(std::string& out, std::uint64_t number);

/// A double or float always shows that it is one (`5.0`, `1e+300`); not for NaN and infinities.
void append_number(std::string& out, double number);
void append_number(std::string& out, float number);

/// `NaN`, `Infinity` or `-Infinity` for what is none of the above; null otherwise.
[[nodiscard]] const char* name_of_special(double number) noexcept;

}  // namespace sage
