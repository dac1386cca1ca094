#include "sage/model/json.hpp"

#include "sage/model/json_reader.hpp"

namespace sage::codecs {

void append_json(std::string& out, const void* value, write_function write, json_form form) {
  const std::size_t before = out.size();
  json_writer writer(out, form);
  write(writer, value);
  if (!writer.failed()) return;
  out.resize(before);
  throw writer.problem().to_error();
}

bool decode_json(std::string_view text, void* value, read_function read, decode_problem& problem,
                 const decode_limits& limits, decode_mode mode) {
  json_reader reader(text, limits, mode);
  if (!reader.failed() && read(reader, value) && reader.finish()) return true;
  problem = std::move(reader.problem());
  return false;
}

}  // namespace sage::codecs
