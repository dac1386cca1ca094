#include "sage/model/dynamic_value.hpp"

#include <unordered_set>

#include "sage/model/value_reader.hpp"

namespace sage {

std::optional<double> dynamic_value::number() const noexcept {
  if (const auto* whole = get_if<std::int64_t>()) return static_cast<double>(*whole);
  if (const auto* large = get_if<std::uint64_t>()) return static_cast<double>(*large);
  if (const auto* real = get_if<double>()) return *real;
  return std::nullopt;
}

std::string_view dynamic_value::text() const noexcept {
  const auto* text = get_if<std::string>();
  return text ? std::string_view(*text) : std::string_view();
}

const dynamic_value* dynamic_value::find(std::string_view key) const noexcept {
  if (const auto* map = get_if<dynamic_map>()) {
    for (const auto& [name, value] : *map) {
      if (name == key) return &value;
    }
  }
  return nullptr;
}

dynamic_value* dynamic_value::find(std::string_view key) noexcept {
  return const_cast<dynamic_value*>(std::as_const(*this).find(key));
}

dynamic_value& dynamic_value::operator[](std::string_view key) {
  if (dynamic_value* there = find(key)) return *there;
  if (kind() != value_kind::map) content_ = dynamic_map();
  return get_if<dynamic_map>()->emplace_back(std::string(key), dynamic_value()).second;
}

bool operator==(const dynamic_value& a, const dynamic_value& b) {
  return a.content_ == b.content_;
}

namespace {

bool read_dynamic_number(value_reader& in, dynamic_value& value) {
  decoded_number number;
  if (!in.read_number(number)) return false;
  switch (number.kind) {
    case value_kind::int64: value = number.int64; break;
    case value_kind::uint64: value = number.uint64; break;
    default: value = number.real; break;
  }
  return true;
}

bool read_dynamic_list(value_reader& in, dynamic_value& value) {
  value = dynamic_list();
  return in.read_list(value.get_if<dynamic_list>(), [](value_reader& from, void* list) {
    return from.read_dynamic(static_cast<dynamic_list*>(list)->emplace_back());
  });
}

/// A map under construction: keys are compared one by one while they are few, through a set from then on.
struct growing_map {
  static constexpr std::size_t compared_max = 16;

  dynamic_map entries;
  std::unordered_set<std::string> keys;

  bool add(std::string_view key) {
    if (entries.size() < compared_max) {
      for (const auto& [name, value] : entries) {
        if (name == key) return false;
      }
    } else {
      if (keys.empty()) {
        for (const auto& [name, value] : entries) keys.insert(name);
      }
      if (!keys.emplace(key).second) return false;
    }
    entries.emplace_back(std::string(key), dynamic_value());
    return true;
  }
};

bool read_dynamic_map(value_reader& in, dynamic_value& value) {
  growing_map map;
  const bool fine = in.read_map(&map, [](value_reader& from, void* growing, std::string_view key) {
    auto& all = *static_cast<growing_map*>(growing);
    if (!all.add(key)) return from.fail(errc::parse, "key is there twice");
    return from.read_dynamic(all.entries.back().second);
  });
  value = std::move(map.entries);
  return fine;
}

}  // namespace

bool value_reader::read_dynamic(dynamic_value& value) {
  switch (peek()) {
    case value_kind::null: value = nullptr; return take_null() || fail_expected("a value");
    case value_kind::boolean: {
      bool truth = false;
      if (!read_bool(truth)) return false;
      value = truth;
      return true;
    }
    case value_kind::int64:
    case value_kind::uint64:
    case value_kind::real: return read_dynamic_number(*this, value);
    case value_kind::string: {
      std::string text;
      if (!read_string(text)) return false;
      value = std::move(text);
      return true;
    }
    case value_kind::bytes: {
      std::string raw;
      if (!read_bytes(raw)) return false;
      const auto* first = reinterpret_cast<const std::byte*>(raw.data());
      value = byte_string(first, first + raw.size());
      return true;
    }
    case value_kind::list: return read_dynamic_list(*this, value);
    case value_kind::map: return read_dynamic_map(*this, value);
  }
  return fail_expected("a value");
}

}  // namespace sage
