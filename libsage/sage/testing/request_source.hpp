/// A source of requests and the sink that answers them: a server without a network.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "sage/model/show.hpp"
#include "sage/operators/sink.hpp"
#include "sage/operators/source.hpp"
#include "sage/testing/asked_requests.hpp"

namespace sage::testing {

/// How `request_source` behaves.
struct request_options {
  std::uint32_t splits = 1;
  bool stays_open = false;  ///< idles behind the last request, as a server does, until the job is drained
};

/// A source descriptor whose records are requests: number i is record i, with an item of its own. What they are told
/// is in `asked()`. One job per source, for a request is asked once.
///
/// Emits  the records it was given, each with its item
template <std::copy_constructible T>
class request_source {
 public:
  using record_type = T;
  explicit request_source(std::vector<T> requests, request_options options = {})
      : requests_(std::make_shared<const std::vector<T>>(std::move(requests))), options_(options) {}

  [[nodiscard]] const asked_requests& asked() const noexcept { return asked_; }

  static const char* kind() { return "requests"; }
  [[nodiscard]] source_plan plan() const {
    source_plan p;
    const std::uint64_t size = requests_->size();
    for (std::uint32_t i = 0; i < options_.splits; ++i) {
      p.splits.push_back(split{"requests", size * i / options_.splits, size * (i + 1) / options_.splits, i});
    }
    return p;
  }
  [[nodiscard]] std::unique_ptr<source_reader<T>> make_reader() const { return std::make_unique<reader>(*this); }

 private:
  class reader final : public source_reader<T> {
   public:
    explicit reader(const request_source& source) : source_(source) {}
    void start(const split& part, std::uint64_t position) override {
      end_ = part.end;
      position_ = position;
    }
    read_status read(batch<T>& into, std::size_t records_max) override {
      const std::uint64_t end = std::min<std::uint64_t>(end_, position_ + records_max);
      for (; position_ < end; ++position_) {
        into.emplace_back((*source_.requests_)[position_]);
        into.add_items()[into.size() - 1] = source_.asked_.ask(position_);
      }
      if (position_ < end_) return read_status::more;
      return source_.options_.stays_open ? read_status::idle : read_status::end_of_split;
    }
    std::uint64_t position() const override { return position_; }

   private:
    request_source source_;
    std::uint64_t position_ = 0;
    std::uint64_t end_ = 0;
  };

  std::shared_ptr<const std::vector<T>> requests_;
  request_options options_;
  asked_requests asked_;
};

/// The sink that answers each request with its record, as text.
class request_replies {
 public:
  static const char* kind() { return "replies"; }
  template <class T>
  struct replier final : sink_writer<T> {
    void write(batch<T>& records, bool consume) override {
      static_cast<void>(consume);
      if (!records.items()) return;
      for (std::size_t i = 0; i < records.size(); ++i)
        asked_requests::answer(records.items()[i].get(), show(records[i]));
    }
    // An answer is out at once.
    [[nodiscard]] sink_guarantee guarantee() const override { return sink_guarantee::at_least_once; }
  };
  struct maker {
    template <class T>
    operator std::unique_ptr<sink_writer<T>>() const {  // NOLINT: converts to whatever the stream carries
      return std::make_unique<replier<T>>();
    }
  };
  [[nodiscard]] maker make_writer() const { return {}; }
};

}  // namespace sage::testing
