#include "sage/state/row_values.hpp"

#include "sage/base/error.hpp"
#include "sage/model/msgpack.hpp"
#include "sage/state/ordered_store.hpp"

namespace sage::state {

namespace {

struct one_row {
  row_values* values;
  std::size_t row;
};

// State is our own writing: it is bounded by the limits on state, not by those on input.
constexpr decode_limits no_limits() {
  decode_limits limits;
  limits.depth_max = value_writer::depth_max;
  limits.elements_max = ~std::uint64_t{0};
  limits.bytes_max = ~std::uint64_t{0};
  return limits;
}

}  // namespace

void append_row(std::string& out, const row_values& values, std::size_t row) {
  const one_row what{const_cast<row_values*>(&values), row};
  codecs::append_msgpack(out, &what, [](value_writer& to, const void* given) {
    const auto& one = *static_cast<const one_row*>(given);
    one.values->write(one.row, to);
  });
}

void read_state(std::string_view bytes, void* value, read_function read) {
  decode_problem problem;
  if (codecs::decode_msgpack(bytes, value, read, problem, no_limits(), decode_mode::tolerant)) return;
  throw store_failure(errc::internal, "state can't be read: " + std::string(problem.to_error().what()));
}

void read_row(std::string_view bytes, row_values& values, std::size_t row) {
  one_row what{&values, row};
  read_state(bytes, &what, [](value_reader& from, void* given) {
    const auto& one = *static_cast<const one_row*>(given);
    return one.values->read(one.row, from);
  });
}

}  // namespace sage::state
