/// The reader behind sources of typed text: takes records off a file and decodes each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "sage/connectors/file/record_cursor.hpp"
#include "sage/model/decode_problem.hpp"

namespace sage::file {

/// The error of a record that can't be decoded: "logs.csv:4711:17: column 3 (price): expected a number", or with the
/// byte where the line isn't known. The cursor stands at the record.
[[nodiscard]] error error_of_row(record_cursor& cursor, const decode_problem& problem);

/// What became of the text of a record.
enum class decoded : std::uint8_t {
  yes,
  no,     ///< the problem says why
  never,  ///< the problem is one of the whole file, whatever the policy for its rows is
  none,   ///< there is no record in it: a blank line, a header
};

/// Turns each record of text into a `T`. The `Decoder` says where records end and reads them:
///
///   begin_split(record_cursor&, options, self, part, position)    before the first record of a split
///   find_end(bytes, count), begin_record()                         as line_finder
///   decode(text, value, problem) -> decoded                        value is a fresh T
///   lines_beyond(text) -> how many lines more than one
///
/// Fails  with file, line and column of the first record that can't be read, unless the policy is to drop those
template <class T, class Decoder>
class decoding_reader final : public source_reader<T> {
 public:
  template <class... Arguments>
  explicit decoding_reader(const text_options& options, const Arguments&... of_decoder)
      : options_(options), cursor_(options), decoder_(of_decoder...) {}

  void open(context& self) override {
    self_ = &self;
    cursor_.open(self);
  }
  void start(const split& part, std::uint64_t position) override {
    cursor_.start(part, position);
    decoder_.begin_record();
    decoder_.begin_split(options_, *self_, part, position);
  }

  read_status read(batch<T>& into, std::size_t records_max) override {
    for (;;) {
      std::string_view text;
      while (into.size() < records_max && cursor_.next(text, decoder_)) decode(text, into);
      if (!into.empty()) return read_status::more;
      const read_status status = cursor_.fill();
      if (status != read_status::more) return status;
    }
  }

  std::uint64_t position() const override { return cursor_.position(); }
  std::uint64_t dropped() const override { return dropped_; }
  void close() override { cursor_.close(); }

 private:
  void decode(std::string_view text, batch<T>& into) {
    T value{};
    decode_problem problem;
    const decoded outcome = decoder_.decode(text, value, problem);
    switch (outcome) {
      case decoded::yes: into.emplace_back(std::move(value)); break;
      case decoded::none: break;
      case decoded::no:
      case decoded::never:
        if (outcome == decoded::never || options_.on_bad_row.then != error_policy::action::drop) {
          cursor_.step_back(text);
          if (problem.advice.empty()) problem.advice = options_.bad_row_advice;
          throw error_of_row(cursor_, problem);
        }
        ++dropped_;
        break;
    }
    cursor_.count_lines(decoder_.lines_beyond(text));
  }

  text_options options_;
  record_cursor cursor_;
  Decoder decoder_;
  context* self_ = nullptr;
  std::uint64_t dropped_ = 0;
};

/// What sources of typed text offer beside the options of all text.
template <class Derived>
class decoding_settings : public text_settings<Derived> {
 public:
  /// What becomes of a row that can't be decoded: `sage::fail` (default) ends the job with file, line and column,
  /// `sage::drop` counts it as dropped by the source. To keep such rows, read `lines` and decode them in a `map` with
  /// `.on_error(sage::dead_letters)`. `advice` is what the error tells people to do, where it knows nothing better.
  Derived& on_bad_row(error_policy policy, std::string advice = {}) {
    if (policy.retries_max > 0 || policy.then == error_policy::action::dead_letter) {
      throw error(errc::invalid_argument, "on_bad_row can't do " + policy.to_string(), Derived::kind(),
                  "use fail or drop; for dead letters read lines and map them with a decoder");
    }
    this->options_.on_bad_row = policy;
    this->options_.bad_row_advice = std::move(advice);
    return static_cast<Derived&>(*this);
  }

 protected:
  decoding_settings() { this->options_.skip_byte_order_mark = true; }
};

}  // namespace sage::file
