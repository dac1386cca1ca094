/// What the rows of a keyed operator hold, as those see it who move rows out of memory and back.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sage/model/value_codec.hpp"
#include "sage/model/value_reader.hpp"
#include "sage/model/value_writer.hpp"

namespace sage::state {

/// Reads and writes rows. An operator that can spill has one.
class row_values {
 public:
  /// Whether the row holds nothing that its key would miss.
  [[nodiscard]] virtual bool is_empty(std::size_t row) const = 0;
  virtual void write(std::size_t row, value_writer& out) const = 0;
  /// Fills the row, which is new; false when `in` isn't what `write` wrote.
  virtual bool read(std::size_t row, value_reader& in) = 0;
  /// Behind the last row of a checkpoint. Throws errc::invalid_argument when it held what there is no place for.
  virtual void check_restored(const std::string& uid) const { static_cast<void>(uid); }
  /// Empties the row, which another key will get.
  virtual void clear(std::size_t row) noexcept = 0;

 protected:
  ~row_values() = default;
};

/// Reads state with `read`, without the limits that input from outside has. Throws store_failure for anything else.
void read_state(std::string_view bytes, void* value, read_function read);
/// Appends the row as MessagePack. Throws errc::limit or errc::invalid_argument for what can't be written.
void append_row(std::string& out, const row_values& values, std::size_t row);
/// Reads it back. Throws errc::internal for bytes that `append_row` hasn't written.
void read_row(std::string_view bytes, row_values& values, std::size_t row);

}  // namespace sage::state
