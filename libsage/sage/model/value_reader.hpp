/// What every decoder is: a source of values that the code per type pulls, one virtual call each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sage/model/decode_limits.hpp"
#include "sage/model/decode_problem.hpp"
#include "sage/model/field_codec.hpp"
#include "sage/model/value_kind.hpp"

namespace sage {

class dynamic_value;
class seen_fields;

/// A number as it was written: whole ones exactly, all others as the nearest double.
struct decoded_number {
  value_kind kind = value_kind::int64;  ///< int64 (whenever it fits), uint64 or real
  std::int64_t int64 = 0;
  std::uint64_t uint64 = 0;
  double real = 0;
  std::string_view text;  ///< the digits, where the format has them
};

/// Where a reader is in a list or a map.
struct container_cursor {
  std::uint64_t left = 0;   ///< formats that say their size: elements not yet read
  std::uint64_t index = 0;  ///< elements begun
};

/// What follows in a container.
enum class container_step : std::uint8_t { element, end, failed };

/// Gives the values of one record in the order of the input. Every read returns false on failure; the first
/// problem is kept, with the path to it, and nothing may be read afterwards.
class value_reader {
 public:
  value_reader(const decode_limits& limits, decode_mode mode) noexcept : limits_(limits), mode_(mode) {}
  value_reader(const value_reader&) = delete;
  value_reader& operator=(const value_reader&) = delete;
  virtual ~value_reader();

  /// The kind of the next value, without taking it; never fails.
  [[nodiscard]] virtual value_kind peek() = 0;
  /// Takes a null if one is next.
  [[nodiscard]] virtual bool take_null() = 0;
  virtual bool read_bool(bool& value) = 0;
  virtual bool read_number(decoded_number& number) = 0;
  /// The view is valid until the next call.
  virtual bool read_text(std::string_view& text) = 0;
  virtual bool read_bytes(std::string& bytes) = 0;
  virtual bool begin_list(container_cursor& cursor) = 0;
  [[nodiscard]] virtual container_step next_element(container_cursor& cursor) = 0;
  virtual bool begin_map(container_cursor& cursor) = 0;
  /// Whole-numbered keys come as their decimal text. The view is valid until the next call.
  [[nodiscard]] virtual container_step next_key(container_cursor& cursor, std::string_view& key) = 0;
  virtual bool skip_value() = 0;

  // What code per type calls for anything else.
  bool read_integer(std::int64_t& value, std::int64_t min, std::int64_t max);
  bool read_unsigned(std::uint64_t& value, std::uint64_t max);
  bool read_double(double& value);
  bool read_float(float& value);
  bool read_string(std::string& value);
  /// A format may override it for speed, not for meaning.
  virtual bool read_record(void* record, const record_codec& codec);
  bool read_list(void* list, read_function read_appended);
  /// A list that has exactly `size` elements.
  bool read_tuple(void* tuple, std::size_t size, bool (*read_part)(value_reader& in, void* tuple, std::size_t index));
  bool read_map(void* map, bool (*read_entry)(value_reader& in, void* map, std::string_view key));
  bool read_enum(std::int64_t& value, const enum_codec& codec);
  /// Reads milliseconds as ticks of `milliseconds` each.
  bool read_ticks(std::int64_t& ticks, std::int64_t milliseconds, std::int64_t min, std::int64_t max);
  bool read_dynamic(dynamic_value& value);

  /// Records the first problem at the current position; returns false.
  bool fail(errc code, std::string message, std::string advice = {});
  /// "expected a number, got a string".
  bool fail_expected(std::string_view wanted);
  bool fail_range(std::string_view number, std::int64_t min, std::uint64_t max);

  [[nodiscard]] bool failed() const noexcept { return problem_.failed(); }
  [[nodiscard]] decode_problem& problem() noexcept { return problem_; }
  [[nodiscard]] decode_mode mode() const noexcept { return mode_; }

 protected:
  /// The next value as messages name it: its kind, unless a format knows better.
  virtual std::string describe_next();
  /// Fills offset, line and column of a problem found now.
  virtual void locate(decode_problem& problem) const = 0;

  /// Counts one container more around what follows.
  bool enter();
  void leave() noexcept { --depth_; }
  /// Counts one list element or map entry more.
  bool count_element() { return ++elements_ <= limits_.elements_max || fail_elements(); }

  // The parts of `read_record`, for formats with a loop of their own.
  bool read_named(void* record, const record_codec& codec, std::string_view key, std::uint32_t& expected,
                  seen_fields& seen);
  bool read_field(void* record, const record_codec& codec, std::uint32_t field, seen_fields& seen);
  bool check_missing(const record_codec& codec, const seen_fields& seen);

  [[nodiscard]] const decode_limits& limits() const noexcept { return limits_; }

 private:
  bool fail_elements();

  decode_limits limits_;
  decode_mode mode_;
  std::uint32_t depth_ = 0;
  std::uint64_t elements_ = 0;
  decode_problem problem_;
};

}  // namespace sage
