/// Reads sources without a pipeline.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sage/base/clock.hpp"
#include "sage/functions/context.hpp"
#include "sage/operators/source.hpp"

namespace sage::test {

[[nodiscard]] inline context make_context(std::size_t batch_size = 64, std::size_t instance = 0,
                                          std::size_t parallelism = 1) {
  return {"job", "test", instance, parallelism, batch_size, system_clock(), batch_pool::make(), 1};
}

/// The record as a value that outlives its batch.
template <class T>
auto kept(const T& record) {
  if constexpr (std::is_same_v<T, slice>) {
    return std::string(record);
  } else {
    return record;
  }
}

template <class S>
using kept_record = decltype(kept(std::declval<const typename S::record_type&>()));

/// All records of one split, from `position` on.
template <class S>
std::vector<kept_record<S>> read_split(const S& source, const split& part, std::uint64_t position,
                                       std::size_t batch_size = 64) {
  using record = typename S::record_type;
  context self = make_context(batch_size);
  const auto reader = source.make_reader();
  reader->open(self);
  reader->start(part, position);
  std::vector<kept_record<S>> all;
  for (read_status status = read_status::more; status != read_status::end_of_split;) {
    const auto made = batch<record>::make(self.pool(), batch_size);
    status = reader->read(*made, batch_size);
    for (const record& one : *made) all.push_back(kept(one));
  }
  reader->close();
  return all;
}

/// All records of all splits in order, one reader for all.
template <class S>
std::vector<kept_record<S>> read_all(const S& source, std::size_t batch_size = 64) {
  using record = typename S::record_type;
  context self = make_context(batch_size);
  const auto reader = source.make_reader();
  reader->open(self);
  std::vector<kept_record<S>> all;
  for (const split& part : source.plan().splits) {
    reader->start(part, part.begin);
    for (read_status status = read_status::more; status != read_status::end_of_split;) {
      const auto made = batch<record>::make(self.pool(), batch_size);
      status = reader->read(*made, batch_size);
      for (const record& one : *made) all.push_back(kept(one));
    }
  }
  reader->close();
  return all;
}

/// The error that `action` throws; one with errc::none when it throws none.
template <class Action>
error error_of(Action action) {
  try {
    action();
  } catch (const error& problem) {
    return problem;
  }
  return {errc::none, "nothing was thrown"};
}

}  // namespace sage::test
