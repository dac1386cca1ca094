#include "sage/model/msgpack.hpp"

#include "sage/model/msgpack_reader.hpp"
#include "sage/model/msgpack_writer.hpp"

namespace sage::codecs {

void append_msgpack(std::string& out, const void* value, write_function write) {
  const std::size_t before = out.size();
  msgpack_writer writer(out);
  write(writer, value);
  if (!writer.failed()) return;
  out.resize(before);
  throw writer.problem().to_error();
}

bool decode_msgpack(std::string_view bytes, void* value, read_function read, decode_problem& problem,
                    const decode_limits& limits, decode_mode mode) {
  msgpack_reader reader(bytes, limits, mode);
  if (!reader.failed() && read(reader, value) && reader.finish()) return true;
  problem = std::move(reader.problem());
  return false;
}

}  // namespace sage::codecs
