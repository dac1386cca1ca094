/// What every encoder is: a receiver of values, one virtual call each, so that code per type stays small.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sage/model/decode_problem.hpp"
#include "sage/model/field_codec.hpp"

namespace sage {

class dynamic_value;

/// Takes the values of one record in order and encodes them. A value that the format can't carry marks the writer
/// as failed (the first problem is kept with its path); the caller then discards what was written.
class value_writer {
 public:
  /// Containers inside each other, beyond which writing fails: bounds the stack.
  static constexpr std::uint32_t depth_max = 256;

  value_writer() = default;
  value_writer(const value_writer&) = delete;
  value_writer& operator=(const value_writer&) = delete;
  virtual ~value_writer();

  virtual void write_null() = 0;
  virtual void write_bool(bool value) = 0;
  virtual void write_int64(std::int64_t value) = 0;
  virtual void write_uint64(std::uint64_t value) = 0;
  virtual void write_float(float value) = 0;
  virtual void write_double(double value) = 0;
  virtual void write_string(std::string_view text) = 0;
  virtual void write_bytes(const void* bytes, std::size_t size) = 0;

  virtual void begin_list(std::size_t size) = 0;
  virtual void end_list() = 0;
  virtual void begin_map(std::size_t size) = 0;
  virtual void write_key(std::string_view name) = 0;
  virtual void write_key_int64(std::int64_t key) = 0;
  virtual void write_key_uint64(std::uint64_t key) = 0;
  virtual void end_map() = 0;

  // What code per type calls for anything larger than one value.
  void write_record(const void* record, const record_codec& codec);
  void write_list(const void* list, std::size_t size,
                  void (*element)(value_writer& out, const void* list, std::size_t index));
  void write_enum(std::int64_t value, const enum_codec& codec);
  /// Writes ticks of `milliseconds` each as milliseconds.
  void write_ticks(std::int64_t ticks, std::int64_t milliseconds);
  void write_dynamic(const dynamic_value& value);

  void fail(errc code, std::string message, std::string advice = {});
  [[nodiscard]] bool failed() const noexcept { return problem_.failed(); }
  [[nodiscard]] decode_problem& problem() noexcept { return problem_; }

  /// Counts one container more; false, and failed, when there are too many inside each other.
  bool enter();
  void leave() noexcept { --depth_; }

 protected:
  /// Whether secrets are shown as `"***"` instead of being left out.
  bool shows_secrets_ = false;

 private:
  decode_problem problem_;
  std::uint32_t depth_ = 0;
};

}  // namespace sage
