/// Reads and writes values of any encodable type through the interfaces that all formats share.
///
/// Code per type only walks: one plain function per field, lists and maps hand their loop to a function that is
/// compiled once. Formats are on the other side of `value_reader` and `value_writer`.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "sage/model/field_codec.hpp"
#include "sage/model/time_units.hpp"
#include "sage/model/value_reader.hpp"
#include "sage/model/value_shape.hpp"
#include "sage/model/value_writer.hpp"

namespace sage {

/// Reads the next value of `in` into `value`; false on failure, which `in` then describes.
template <class T>
bool read_value(value_reader& in, T& value);

/// Writes `value` to `out`, which may mark itself as failed.
template <class T>
void write_value(value_writer& out, const T& value);

namespace codecs {

template <class T>
bool read_erased(value_reader& in, void* value) {
  return read_value(in, *static_cast<T*>(value));
}

template <class T>
void write_erased(value_writer& out, const void* value) {
  write_value(out, *static_cast<const T*>(value));
}

template <class T>
inline constexpr bool is_compound =
    shape_of<T> == value_shape::list || shape_of<T> == value_shape::array || shape_of<T> == value_shape::tuple ||
    shape_of<T> == value_shape::map || shape_of<T> == value_shape::record || shape_of<T> == value_shape::dynamic;
template <class T>
inline constexpr bool is_compound<std::optional<T>> = is_compound<T>;

template <class Record, class Field>
constexpr field_codec codec_of_field(const Field& described) {
  using value = typename Field::value_type;
  if constexpr (is_secret_v<value>) {
    return {described.name, nullptr, nullptr, true, false, true};
  } else {
    return {
        described.name,
        [](value_reader& in, void* record) { return read_value(in, static_cast<Record*>(record)->*Field::member); },
        [](value_writer& out, const void* record) {
          write_value(out, static_cast<const Record*>(record)->*Field::member);
        },
        shape_of<value> == value_shape::optional,
        is_compound<value>,
        false};
  }
}

template <class Record>
struct record_table {
  static constexpr std::uint32_t count = field_count<Record>;

  struct list {
    field_codec fields[count == 0 ? 1 : count];
  };
  static constexpr list all =
      with_fields<Record>([](const auto&... field) { return list{{codec_of_field<Record>(field)...}}; });
  static constexpr std::uint32_t count_secrets() {
    std::uint32_t secrets = 0;
    for (std::uint32_t i = 0; i < count; ++i) secrets += all.fields[i].secret ? 1 : 0;
    return secrets;
  }
  static constexpr record_codec codec{all.fields, count, count_secrets()};
};

template <class Enum>
struct enum_table {
  using number = std::underlying_type_t<Enum>;

  static constexpr enum_codec codec{nullptr, 0, static_cast<std::int64_t>(std::numeric_limits<number>::min()),
                                    static_cast<std::uint64_t>(std::numeric_limits<number>::max())};
};
template <described_enum Enum>
struct enum_table<Enum> {
  using number = std::underlying_type_t<Enum>;
  static constexpr auto described = enumerators_of<Enum>();
  static constexpr std::size_t count = sizeof(described.list) / sizeof(described.list[0]);

  struct list {
    enum_entry entries[count];
  };
  static constexpr list make_list() {
    list made{};
    for (std::size_t i = 0; i < count; ++i) {
      made.entries[i] = {described.list[i].name,
                         static_cast<std::int64_t>(static_cast<number>(described.list[i].value))};
    }
    return made;
  }
  static constexpr list all = make_list();
  static constexpr auto make_from_text() {
    bool (*function)(std::string_view, std::int64_t&) = nullptr;
    if constexpr (liberal_enum<Enum>) {
      function = [](std::string_view text, std::int64_t& value) {
        Enum read{};
        if (!sage_enum_from_text(text, read)) return false;
        value = static_cast<std::int64_t>(static_cast<number>(read));
        return true;
      };
    }
    return function;
  }
  static constexpr enum_codec codec{all.entries, count, static_cast<std::int64_t>(std::numeric_limits<number>::min()),
                                    static_cast<std::uint64_t>(std::numeric_limits<number>::max()), make_from_text()};
};

/// Reads a map key from its text; false when it is none.
template <class Key>
bool read_key(std::string_view text, Key& key) {
  if constexpr (shape_of<Key> == value_shape::text) {
    key.assign(text);
    return true;
  } else if constexpr (described_enum<Key>) {
    return enum_from_name(text, key);
  } else {
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), key);
    return problem == std::errc() && end == text.data() + text.size();
  }
}

template <class Key>
void write_key(value_writer& out, const Key& key) {
  if constexpr (shape_of<Key> == value_shape::text) {
    out.write_key(key);
  } else if constexpr (described_enum<Key>) {
    if (enum_name(key).empty()) return out.fail(errc::invalid_argument, "a map key is an enum value without a name");
    out.write_key(enum_name(key));
  } else if constexpr (shape_of<Key> == value_shape::integer) {
    out.write_key_int64(key);
  } else {
    out.write_key_uint64(key);
  }
}

template <class Map>
bool read_entry(value_reader& in, void* map, std::string_view text) {
  typename Map::key_type key{};
  if (!read_key(text, key)) return in.fail(errc::parse, "not a key of this map's type");
  const auto [entry, is_new] = static_cast<Map*>(map)->try_emplace(std::move(key));
  if (!is_new) return in.fail(errc::parse, "key is there twice");
  return read_value(in, entry->second);
}

template <class Map>
void write_map(value_writer& out, const Map& map) {
  if (!out.enter()) return;
  out.begin_map(map.size());
  for (const auto& [key, value] : map) {
    write_key(out, key);
    write_value(out, value);
    if (out.failed()) {
      if constexpr (shape_of<typename Map::key_type> == value_shape::text) out.problem().in_field(key);
      return;
    }
  }
  out.end_map();
  out.leave();
}

template <class Tuple, std::size_t... I>
bool read_part(value_reader& in, void* tuple, std::size_t index, std::index_sequence<I...>) {
  bool fine = false;
  static_cast<void>(((index == I && (fine = read_value(in, std::get<I>(*static_cast<Tuple*>(tuple))), true)) || ...));
  return fine;
}

template <class Tuple, std::size_t... I>
void write_part(value_writer& out, const void* tuple, std::size_t index, std::index_sequence<I...>) {
  static_cast<void>(
      ((index == I && (write_value(out, std::get<I>(*static_cast<const Tuple*>(tuple))), true)) || ...));
}

template <class Duration>
bool read_duration(value_reader& in, Duration& time) {
  using rep = typename Duration::rep;
  rep ticks{};
  if constexpr (milliseconds_per_tick<Duration> != 0) {
    std::int64_t count = 0;
    if (!in.read_ticks(count, milliseconds_per_tick<Duration>, std::numeric_limits<rep>::min(),
                       std::numeric_limits<rep>::max())) {
      return false;
    }
    ticks = static_cast<rep>(count);
  } else if (!read_value(in, ticks)) {
    return false;
  }
  time = Duration(ticks);
  return true;
}

template <class Duration>
void write_duration(value_writer& out, const Duration& time) {
  if constexpr (milliseconds_per_tick<Duration> != 0) {
    out.write_ticks(time.count(), milliseconds_per_tick<Duration>);
  } else {
    write_value(out, time.count());
  }
}

}  // namespace codecs

/// The table of a described struct: the same object for every format.
template <encodable_record Record>
inline constexpr const record_codec& codec_of_record = codecs::record_table<Record>::codec;

template <class T>
bool read_value(value_reader& in, T& value) {
  constexpr value_shape shape = shape_of<T>;
  static_assert(shape != value_shape::none, "this type can't be decoded: see sage::encodable");
  if constexpr (shape == value_shape::boolean) {
    return in.read_bool(value);
  } else if constexpr (shape == value_shape::integer) {
    std::int64_t wide = 0;
    if (!in.read_integer(wide, std::numeric_limits<T>::min(), std::numeric_limits<T>::max())) return false;
    value = static_cast<T>(wide);
    return true;
  } else if constexpr (shape == value_shape::whole) {
    std::uint64_t wide = 0;
    if (!in.read_unsigned(wide, std::numeric_limits<T>::max())) return false;
    value = static_cast<T>(wide);
    return true;
  } else if constexpr (std::is_same_v<T, float>) {
    return in.read_float(value);
  } else if constexpr (shape == value_shape::real) {
    return in.read_double(value);
  } else if constexpr (shape == value_shape::text) {
    return in.read_string(value);
  } else if constexpr (shape == value_shape::bytes) {
    std::string raw;
    if (!in.read_bytes(raw)) return false;
    const auto* first = reinterpret_cast<const std::byte*>(raw.data());
    value.assign(first, first + raw.size());
    return true;
  } else if constexpr (shape == value_shape::named) {
    std::int64_t number = 0;
    if (!in.read_enum(number, codecs::enum_table<T>::codec)) return false;
    value = static_cast<T>(number);
    return true;
  } else if constexpr (shape == value_shape::optional) {
    if (in.take_null()) {
      value.reset();
      return true;
    }
    return read_value(in, value.emplace());
  } else if constexpr (shape == value_shape::list) {
    value.clear();
    return in.read_list(&value, [](value_reader& from, void* list) {
      auto& all = *static_cast<T*>(list);
      if constexpr (std::is_same_v<typename T::value_type, bool>) {  // no reference to an element of vector<bool>
        bool element = false;
        if (!from.read_bool(element)) return false;
        all.push_back(element);
        return true;
      } else {
        return read_value(from, all.emplace_back());
      }
    });
  } else if constexpr (shape == value_shape::array) {
    return in.read_tuple(&value, std::tuple_size_v<T>, [](value_reader& from, void* array, std::size_t index) {
      return read_value(from, (*static_cast<T*>(array))[index]);
    });
  } else if constexpr (shape == value_shape::tuple) {
    return in.read_tuple(&value, std::tuple_size_v<T>, [](value_reader& from, void* tuple, std::size_t index) {
      return codecs::read_part<T>(from, tuple, index, std::make_index_sequence<std::tuple_size_v<T>>());
    });
  } else if constexpr (shape == value_shape::map) {
    value.clear();
    return in.read_map(&value, &codecs::read_entry<T>);
  } else if constexpr (shape == value_shape::record) {
    return in.read_record(&value, codecs::record_table<T>::codec);
  } else if constexpr (shape == value_shape::duration) {
    return codecs::read_duration(in, value);
  } else if constexpr (shape == value_shape::time_point) {
    typename T::duration since{};
    if (!codecs::read_duration(in, since)) return false;
    value = T(since);
    return true;
  } else {
    return in.read_dynamic(value);
  }
}

template <class T>
void write_value(value_writer& out, const T& value) {
  constexpr value_shape shape = shape_of<T>;
  static_assert(shape != value_shape::none, "this type can't be encoded: see sage::encodable");
  if constexpr (shape == value_shape::boolean) {
    out.write_bool(value);
  } else if constexpr (shape == value_shape::integer) {
    out.write_int64(value);
  } else if constexpr (shape == value_shape::whole) {
    out.write_uint64(value);
  } else if constexpr (std::is_same_v<T, float>) {
    out.write_float(value);
  } else if constexpr (shape == value_shape::real) {
    out.write_double(value);
  } else if constexpr (shape == value_shape::text) {
    out.write_string(value);
  } else if constexpr (shape == value_shape::bytes) {
    out.write_bytes(value.data(), value.size());
  } else if constexpr (shape == value_shape::named) {
    out.write_enum(static_cast<std::int64_t>(static_cast<std::underlying_type_t<T>>(value)),
                   codecs::enum_table<T>::codec);
  } else if constexpr (shape == value_shape::optional) {
    if (value) {
      write_value(out, *value);
    } else {
      out.write_null();
    }
  } else if constexpr (shape == value_shape::list || shape == value_shape::array) {
    out.write_list(&value, value.size(), [](value_writer& to, const void* list, std::size_t index) {
      const typename T::value_type& element = (*static_cast<const T*>(list))[index];
      write_value(to, element);
    });
  } else if constexpr (shape == value_shape::tuple) {
    constexpr std::size_t size = std::tuple_size_v<T>;
    out.write_list(&value, size, [](value_writer& to, const void* tuple, std::size_t index) {
      codecs::write_part<T>(to, tuple, index, std::make_index_sequence<size>());
    });
  } else if constexpr (shape == value_shape::map) {
    codecs::write_map(out, value);
  } else if constexpr (shape == value_shape::record) {
    out.write_record(&value, codecs::record_table<T>::codec);
  } else if constexpr (shape == value_shape::duration) {
    codecs::write_duration(out, value);
  } else if constexpr (shape == value_shape::time_point) {
    codecs::write_duration(out, value.time_since_epoch());
  } else {
    out.write_dynamic(value);
  }
}

}  // namespace sage
