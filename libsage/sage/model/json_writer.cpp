#include "sage/model/json_writer.hpp"

#include "sage/base/base64.hpp"
#include "sage/base/utf8.hpp"
#include "sage/model/json_text.hpp"
#include "sage/model/number_text.hpp"

namespace sage {

namespace {

constexpr bool needs_escape(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

void append_escape(std::string& out, char c) {
  constexpr char hex[] = "0123456789abcdef";
  switch (c) {
    case '"': out.append("\\\""); return;
    case '\\': out.append("\\\\"); return;
    case '\b': out.append("\\b"); return;
    case '\f': out.append("\\f"); return;
    case '\n': out.append("\\n"); return;
    case '\r': out.append("\\r"); return;
    case '\t': out.append("\\t"); return;
    default: {
      const auto byte = static_cast<unsigned char>(c);
      out.append("\\u00").append(1, hex[byte >> 4]).append(1, hex[byte & 15]);
    }
  }
}

}  // namespace

json_writer::json_writer(std::string& out, json_form form) : out_(out), form_(form) {
  shows_secrets_ = form == json_form::shown;
}

inline void json_writer::separate() {
  if (depth_ == 0) return;
  const char last = out_.back();
  if (last != '[' && last != '{' && last != ':') out_.push_back(',');
}

void json_writer::write_null() {
  separate();
  out_.append("null");
}

void json_writer::write_bool(bool value) {
  separate();
  out_.append(value ? "true" : "false");
}

void json_writer::write_int64(std::int64_t value) {
  separate();
  append_number(out_, value);
}

void json_writer::write_uint64(std::uint64_t value) {
  separate();
  append_number(out_, value);
}

template <class Real>
void json_writer::write_real(Real value) {
  separate();
  if (const char* name = name_of_special(value)) {
    out_.append(1, '"').append(name).append(1, '"');
  } else {
    append_number(out_, value);
  }
}

void json_writer::write_float(float value) {
  write_real(value);
}
void json_writer::write_double(double value) {
  write_real(value);
}

void json_writer::append_quoted(std::string_view text) {
  out_.push_back('"');
  bool high = false;
  const char* const end = text.data() + text.size();
  const char* stop = find_special(text.data(), end, high);
  if (stop == end && !high) {
    out_.append(text);
  } else {
    append_unusual(text);
  }
  out_.push_back('"');
}

/// Text with something to escape or to check.
void json_writer::append_unusual(std::string_view text) {
  std::string repaired;
  if (const std::size_t bad = find_invalid_utf8(text); bad != std::string_view::npos) {
    if (form_ == json_form::transport) {
      return fail(errc::invalid_argument, "the text is not valid UTF-8 at byte " + std::to_string(bad),
                  "JSON can't carry it; use std::vector<std::byte> for bytes");
    }
    append_repaired_utf8(repaired, text);
    text = repaired;
  }
  const char* from = text.data();
  const char* const end = from + text.size();
  for (;;) {
    bool high = false;
    const char* const stop = find_special(from, end, high);
    out_.append(from, stop);
    if (stop == end) return;
    append_escape(out_, *stop);
    from = stop + 1;
  }
}

void json_writer::write_string(std::string_view text) {
  separate();
  append_quoted(text);
}

void json_writer::write_bytes(const void* bytes, std::size_t size) {
  separate();
  out_.push_back('"');
  append_base64(out_, std::string_view(static_cast<const char*>(bytes), size));
  out_.push_back('"');
}

void json_writer::begin_list(std::size_t) {
  separate();
  out_.push_back('[');
  ++depth_;
}

void json_writer::end_list() {
  out_.push_back(']');
  --depth_;
}

void json_writer::begin_map(std::size_t) {
  separate();
  out_.push_back('{');
  ++depth_;
}

void json_writer::write_key(std::string_view name) {
  separate();
  append_quoted(name);
  out_.push_back(':');
}

void json_writer::write_key_int64(std::int64_t key) {
  separate();
  out_.push_back('"');
  append_number(out_, key);
  out_.append("\":");
}

void json_writer::write_key_uint64(std::uint64_t key) {
  separate();
  out_.push_back('"');
  append_number(out_, key);
  out_.append("\":");
}

void json_writer::end_map() {
  out_.push_back('}');
  --depth_;
}

}  // namespace sage
