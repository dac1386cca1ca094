#include "tests/sim/pipelines.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <sstream>

#include "sage/connectors/dead_letters/letter_log.hpp"
#include "sage/dead_letters.hpp"
#include "sage/testing/simulated_disk.hpp"

namespace sage::test {

using namespace std::chrono_literals;

namespace {

constexpr std::int64_t records = 3000;

struct reading {
  std::int64_t id = 0;
  std::int64_t sensor = 0;
  std::int64_t time = 0;
  std::int64_t value = 0;
};
SAGE_DESCRIBE(reading, id, sensor, time, value)

// Times are up to 50 ms behind the newest one.
reading make_reading(std::int64_t id) {
  const std::int64_t mixed = static_cast<std::int64_t>(static_cast<std::uint64_t>(id) * 0x9e3779b97f4a7c15u >> 33);
  return reading{id, mixed % 23, id * 10 - mixed % 50, mixed % 1000};
}

auto readings(environment& env, std::size_t splits = 3) {
  return env.from_source(range<std::int64_t>(0, records, splits)).map(make_reading);
}
auto timed(environment& env) {
  return readings(env, 1).assign_timestamps(&reading::time, bounded_out_of_orderness(60ms));
}

auto lines(file_system& files, const std::string& path = "out.txt") {
  return file::lines_sink(path).to_files(files);
}

struct sum_values {
  using accumulator = std::int64_t;
  void add(accumulator& acc, const reading& one) const { acc += one.value; }
  void merge(accumulator& acc, const accumulator& other) const { acc += other; }
  std::string result(std::int64_t sensor, accumulator acc) const {
    return std::to_string(sensor) + " " + std::to_string(acc);
  }
};

struct sum_in_window {
  using accumulator = std::int64_t;
  void add(accumulator& acc, const reading& one) const { acc += one.value; }
  void merge(accumulator& acc, const accumulator& other) const { acc += other; }
  std::string result(std::int64_t sensor, const window& when, accumulator acc) const {
    return std::to_string(sensor) + " " + std::to_string(when.start) + "-" + std::to_string(when.end) + " " +
           std::to_string(acc);
  }
};

// Numbers the records of each sensor, and speaks a while after each twentieth.
struct number_readings {
  value_state<std::int64_t> count{};
  list_state<std::int64_t> ids{};
  map_state<std::int64_t, std::int64_t> by_last_digit{};

  void open(context& self) {
    count = value_state<std::int64_t>(self, "count");
    ids = list_state<std::int64_t>(self, "ids");
    by_last_digit = map_state<std::int64_t, std::int64_t>(self, "by_last_digit");
  }
  void operator()(const reading& one, collector<std::string>& out, context& self) {
    const std::int64_t number = count.get() ? *count.get() + 1 : 1;
    count.set(number);
    ids.add(one.id);
    const auto seen = by_last_digit.get().find(one.id % 10);
    by_last_digit.put(one.id % 10, seen == by_last_digit.get().end() ? 1 : seen->second + 1);
    out.push(std::to_string(one.sensor) + " number " + std::to_string(number));
    if (number % 20 == 0) self.timers().at_event_time(one.time + 100);
  }
  void on_timer(const std::int64_t& sensor, const timer& at, collector<std::string>& out) {
    out.push(std::to_string(sensor) + " timer " + std::to_string(at.time));
  }
};

// Some readings are poison for "checked"; a queue of dead letters has been asked to try others again.
constexpr std::int64_t replayed = 40;

void put_letters(file_system& files) {
  letters::letter_log log(files, {"dlq"});
  log.open(false);
  for (std::int64_t i = 0; i < replayed; ++i) {
    letters::kept_letter one;
    one.uid = one.operator_name = "checked";
    one.error = "an older one";
    one.record_type = type_name<reading>();
    const std::string packed = to_msgpack(make_reading(records + i));
    one.record.assign(reinterpret_cast<const std::byte*>(packed.data()),
                      reinterpret_cast<const std::byte*>(packed.data()) + packed.size());
    one.returns = true;
    log.add(std::move(one));
  }
  log.prepare(0);
  log.commit(0);
  letters::letter_folder folder(files, "dlq");
  std::vector<letters::kept_letter> asked;
  folder.for_each([&](letters::letter_folder::listed& one) {
    asked.push_back(std::move(one.letter));
    return true;
  });
  folder.ask_replays(std::move(asked));
}

// On a disk that fails now and then, until it is done.
void insist_on_letters(file_system& files) {
  for (;;) {
    try {
      if (files.status("dlq")) files.remove_folder("dlq").value();
      put_letters(files);
      return;
    } catch (const error&) {
    }
  }
}

std::vector<std::string> letters_in(file_system& files) {
  std::vector<std::string> all;
  letters::letter_folder(files, "dlq").for_each([&](letters::letter_folder::listed& one) {
    all.push_back("letter " + one.letter.error + " " + std::string(letters::to_string(one.state)));
    return true;
  });
  return all;
}

struct apply_limits {
  using broadcast_state = std::map<std::int64_t, std::int64_t>;
  void on_broadcast(const std::int64_t& limit, broadcast_state& known) { known[limit % 3] += limit; }
  void on_record(const reading& one, const broadcast_state& known, collector<std::string>& out) {
    static_cast<void>(known);  // when it comes isn't decided
    out.push(std::to_string(one.id));
  }
};

}  // namespace

std::vector<std::string> undisturbed(const simulated_pipeline& one) {
  sage::testing::simulated_disk disk(1);
  environment_options options;
  options.parallelism = 2;
  reference_environment env(options);
  one.build(env, disk);
  env.execute(one.name);
  return left_by(one, disk);
}

std::vector<std::string> left_by(const simulated_pipeline& one, testing::simulated_disk& disk) {
  std::vector<std::string> all = lines_of(disk.content("out.txt"));
  if (one.also) {
    for (std::string& line : one.also(disk)) all.push_back(std::move(line));
    std::sort(all.begin(), all.end());
  }
  return all;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) all.push_back(line);
  std::sort(all.begin(), all.end());
  return all;
}

const std::vector<simulated_pipeline>& simulated_pipelines() {
  static const std::vector<simulated_pipeline> all{
      {"stateless",
       [](environment& env, file_system& files) {
         readings(env)
             .filter([](const reading& one) { return one.value % 3 != 0; })
             .rebalance()
             .flat_map([](const reading& one) {
               return std::vector<std::string>{std::to_string(one.id), std::to_string(-one.id)};
             })
             .sink(lines(files));
       }},
      {"dead letters and replays",
       [](environment& env, file_system& files) {
         insist_on_letters(files);
         env.options().dead_letters = dead_letter_queue({.directory = "dlq", .poll = 0ms, .files = &files});
         readings(env)
             .map([](const reading& one) {
               if (one.id < records && one.value % 20 == 7)
                 throw std::runtime_error("poison " + std::to_string(one.id));
               return one;
             })
             .name("checked")
             .on_error(dead_letters)
             .key_by(&reading::sensor)
             .aggregate(sum_values{})
             .sink(lines(files));
       },
       letters_in},
      {"dead letters alone",
       [](environment& env, file_system& files) {
         env.options().dead_letters = dead_letter_queue({.directory = "dlq", .poll = 0ms, .files = &files});
         readings(env)
             .rebalance()
             .filter([](const reading& one) {
               if (one.value % 100 == 7) throw std::runtime_error("poison " + std::to_string(one.id));
               return one.value % 2 == 0;
             })
             .on_error(dead_letters)
             .map([](const reading& one) { return std::to_string(one.id); })
             .sink(lines(files));
       },
       letters_in},
      {"aggregate",
       [](environment& env, file_system& files) {
         readings(env).key_by(&reading::sensor).aggregate(sum_values{}).sink(lines(files));
       }},
      {"running aggregate",
       [](environment& env, file_system& files) {
         timed(env).key_by(&reading::sensor).aggregate(sum_values{}).emit(every_update).sink(lines(files));
       }},
      {"process with timers",
       [](environment& env, file_system& files) {
         timed(env).key_by(&reading::sensor).process(number_readings{}).sink(lines(files));
       }},
      {"tumbling windows",
       [](environment& env, file_system& files) {
         timed(env).key_by(&reading::sensor).window(tumbling(700ms)).aggregate(sum_in_window{}).sink(lines(files));
       }},
      {"windows over splits that are far apart in time",
       [](environment& env, file_system& files) {
         readings(env, 2)
             .assign_timestamps(&reading::time, bounded_out_of_orderness(60ms))
             .key_by(&reading::sensor)
             .window(tumbling(700ms))
             .aggregate(sum_in_window{})
             .sink(lines(files));
       }},
      {"sliding windows",
       [](environment& env, file_system& files) {
         timed(env)
             .key_by(&reading::sensor)
             .window(sliding(900ms, 300ms))
             .aggregate(sum_in_window{})
             .sink(lines(files));
       }},
      {"sessions",
       [](environment& env, file_system& files) {
         timed(env).key_by(&reading::sensor).window(session(180ms)).aggregate(sum_in_window{}).sink(lines(files));
       }},
      {"windows by count",
       [](environment& env, file_system& files) {
         timed(env).key_by(&reading::sensor).window(count_window(7)).aggregate(sum_values{}).sink(lines(files));
       }},
      {"interval join",
       [](environment& env, file_system& files) {
         auto left = timed(env).filter([](const reading& one) { return one.id % 2 == 0; });
         auto right = timed(env).filter([](const reading& one) { return one.id % 2 == 1; });
         left.key_by(&reading::sensor)
             .join(right.key_by(&reading::sensor))
             .within(-150ms, 150ms)
             .apply(
                 [](const reading& a, const reading& b) { return std::to_string(a.id) + " " + std::to_string(b.id); })
             .sink(lines(files));
       }},
      {"distinct and collect",
       [](environment& env, file_system& files) {
         readings(env)
             .key_by([](const reading& one) { return one.id / 3; })
             .distinct()
             .map([](const reading& one) { return one.id / 3; })
             .collect(5)
             .flat_map([](const std::vector<std::int64_t>& some) { return some; })
             .map([](std::int64_t id) { return std::to_string(id); })
             .sink(lines(files));
       }},
      {"broadcast state",
       [](environment& env, file_system& files) {
         auto limits = env.from_source(range<std::int64_t>(0, 50));
         readings(env)
             .key_by(&reading::sensor)
             .connect(limits.broadcast())
             .process(apply_limits{})
             .sink(lines(files));
       }},
      {"two sinks",
       [](environment& env, file_system& files) {
         auto all = readings(env);
         all.map([](const reading& one) { return std::to_string(one.value); }).sink(lines(files, "values.txt"));
         all.map([](const reading& one) { return std::to_string(one.id); }).sink(lines(files));
       }},
  };
  return all;
}

}  // namespace sage::test
