#include "sage/model/msgpack_writer.hpp"

#include <bit>

#include "sage/base/utf8.hpp"

namespace sage {

template <class Number>
void msgpack_writer::put(unsigned char format, Number number) {
  char bytes[1 + sizeof number] = {static_cast<char>(format)};
  for (std::size_t i = 0; i < sizeof number; ++i) {
    bytes[1 + i] = static_cast<char>(number >> (8 * (sizeof number - 1 - i)) & 0xff);
  }
  out_.append(bytes, sizeof bytes);
}

void msgpack_writer::put_size(std::size_t size, unsigned char form_8, unsigned char form_16, unsigned char form_32) {
  if (size <= 0xff && form_8 != 0) {
    put(form_8, static_cast<std::uint8_t>(size));
  } else if (size <= 0xffff) {
    put(form_16, static_cast<std::uint16_t>(size));
  } else if (size <= 0xffffffff) {
    put(form_32, static_cast<std::uint32_t>(size));
  } else {
    fail(errc::limit, "MessagePack holds at most 4,294,967,295 bytes or elements in one value");
  }
}

void msgpack_writer::write_null() {
  out_.push_back('\xc0');
}
void msgpack_writer::write_bool(bool value) {
  out_.push_back(value ? '\xc3' : '\xc2');
}

void msgpack_writer::write_int64(std::int64_t value) {
  if (value >= 0) return write_uint64(static_cast<std::uint64_t>(value));
  const auto bits = static_cast<std::uint64_t>(value);
  if (value >= -32) {
    out_.push_back(static_cast<char>(value));
  } else if (value >= -0x80) {
    put(0xd0, static_cast<std::uint8_t>(bits));
  } else if (value >= -0x8000) {
    put(0xd1, static_cast<std::uint16_t>(bits));
  } else if (value >= -0x80000000LL) {
    put(0xd2, static_cast<std::uint32_t>(bits));
  } else {
    put(0xd3, bits);
  }
}

void msgpack_writer::write_uint64(std::uint64_t value) {
  if (value < 0x80) {
    out_.push_back(static_cast<char>(value));
  } else if (value <= 0xff) {
    put(0xcc, static_cast<std::uint8_t>(value));
  } else if (value <= 0xffff) {
    put(0xcd, static_cast<std::uint16_t>(value));
  } else if (value <= 0xffffffff) {
    put(0xce, static_cast<std::uint32_t>(value));
  } else {
    put(0xcf, value);
  }
}

void msgpack_writer::write_float(float value) {
  put(0xca, std::bit_cast<std::uint32_t>(value));
}
void msgpack_writer::write_double(double value) {
  put(0xcb, std::bit_cast<std::uint64_t>(value));
}

void msgpack_writer::write_string(std::string_view text) {
  if (!is_utf8(text)) return write_bytes(text.data(), text.size());
  if (text.size() < 32) {
    out_.push_back(static_cast<char>(0xa0 | text.size()));
  } else {
    put_size(text.size(), 0xd9, 0xda, 0xdb);
  }
  out_.append(text);
}

void msgpack_writer::write_bytes(const void* bytes, std::size_t size) {
  put_size(size, 0xc4, 0xc5, 0xc6);
  out_.append(static_cast<const char*>(bytes), size);
}

void msgpack_writer::begin_list(std::size_t size) {
  if (size < 16) {
    out_.push_back(static_cast<char>(0x90 | size));
  } else {
    put_size(size, 0, 0xdc, 0xdd);
  }
}

void msgpack_writer::begin_map(std::size_t size) {
  if (size < 16) {
    out_.push_back(static_cast<char>(0x80 | size));
  } else {
    put_size(size, 0, 0xde, 0xdf);
  }
}

}  // namespace sage
