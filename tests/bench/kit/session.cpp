#include "tests/bench/kit/session.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <utility>

#include <nlohmann/json.hpp>

#include "tests/bench/kit/resources.hpp"

namespace sage::bench {

namespace {

[[noreturn]] void refuse(const std::string& what) {
  std::fprintf(stderr, "bench: %s\n", what.c_str());
  std::exit(2);
}

std::string environment_text(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string time_now() {
  const std::time_t now = std::time(nullptr);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&now));
  return text;
}

double rounded(double value) {
  return std::round(value * 1e6) / 1e6;
}

run_time median_of(const series& one) {
  std::vector<double> wall;
  std::vector<double> cpu;
  for (const run_time& t : one.times) {
    wall.push_back(t.wall_s);
    cpu.push_back(t.cpu_s);
  }
  return {median(std::move(wall)), median(std::move(cpu))};
}

const char* sign_of(figure::wanted relation) {
  switch (relation) {
    case figure::wanted::at_least: return ">=";
    case figure::wanted::at_most: return "<=";
    case figure::wanted::nothing: break;
  }
  return "";
}

}  // namespace

double quantile(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1) + 0.5);
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

double median(std::vector<double> values) {
  return quantile(std::move(values), 0.5);
}

void check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "bench: wrong result: %s\n", what);
  std::exit(1);
}

session::session(int argc, char** argv, std::string unit) : name_(SAGE_BENCH_NAME), unit_(std::move(unit)) {
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    const auto value = [&] {
      if (i + 1 >= argc) refuse(option + " needs a value");
      return std::string(argv[++i]);
    };
    if (option == "--rounds") {
      rounds_ = std::max(1, std::atoi(value().c_str()));
    } else if (option == "--only") {
      only_ = value();
    } else if (option == "--record") {
      record_file_ = value();
    } else if (option == "--table") {
      table_file_ = value();
    } else if (option == "--strict") {
      strict_ = true;
    } else if (option == "--scale") {
      scale_ = std::atof(value().c_str());
    } else if (option.rfind("--", 0) == 0) {
      refuse("unknown option " + option +
             "; there are --rounds N, --only NAME, --record FILE, --table FILE, --scale X, --strict");
    } else {
      arguments_.push_back(option);
    }
  }
  begun_wall_ = wall_seconds();
  begun_cpu_ = cpu_seconds();
  begun_machine_ = machine_cpu_seconds();
  begun_load_ = load_averages()[0];
}

void session::add(std::string name, double work, std::function<void()> run) {
  series_.push_back(series{std::move(name), std::move(run), work, {}});
}

void session::time_once(series& one, bool counts) {
  const double cpu = cpu_seconds();
  const double wall = wall_seconds();
  one.run();
  const run_time took{wall_seconds() - wall, cpu_seconds() - cpu};
  if (counts) one.times.push_back(took);
  std::fprintf(stderr, "  %-28s %8.3f s wall %8.3f s cpu%s\n", one.name.c_str(), took.wall_s, took.cpu_s,
               counts ? "" : "  (warm-up)");
}

void session::run_rounds() {
  if (is_single_run()) {
    for (series& one : series_) {
      if (one.name != only_) continue;
      time_once(one, true);
      return;
    }
    std::string names;
    for (const series& one : series_) names += (names.empty() ? "" : ", ") + one.name;
    refuse("there is no competitor '" + only_ + "'; there are " + names);
  }
  for (series& one : series_) time_once(one, false);
  for (std::size_t round = 0; round < rounds_; ++round) {
    // Every other round backwards: who comes after whom should favour nobody.
    for (std::size_t i = 0; i < series_.size(); ++i) {
      time_once(series_[round % 2 == 0 ? i : series_.size() - 1 - i], true);
    }
  }
}

const series& session::at(std::string_view name) const {
  for (const series& one : series_) {
    if (one.name == name) return one;
  }
  refuse("no series " + std::string(name));
}

double session::times_as_fast(std::string_view name, std::string_view other) const {
  return times_as_fast_as_best(name, {std::string(other)});
}

double session::times_as_fast_as_best(std::string_view name, const std::vector<std::string>& others) const {
  const series& ours = at(name);
  std::vector<double> ratios;
  for (std::size_t round = 0; round < ours.times.size(); ++round) {
    double best = 0;
    for (const std::string& other : others) {
      const series& theirs = at(other);
      best = std::max(best, theirs.work / theirs.times.at(round).wall_s);
    }
    ratios.push_back(ours.work / ours.times[round].wall_s / best);
  }
  return median(std::move(ratios));
}

double session::cpu_ratio(std::string_view name, std::string_view other) const {
  const series& ours = at(name);
  const series& theirs = at(other);
  std::vector<double> ratios;
  for (std::size_t round = 0; round < ours.times.size(); ++round) {
    ratios.push_back((ours.work / ours.times[round].cpu_s) / (theirs.work / theirs.times.at(round).cpu_s));
  }
  return median(std::move(ratios));
}

void session::at_least(std::string what, double value, std::string unit, double bound) {
  add_figure({std::move(what), value, std::move(unit), figure::wanted::at_least, bound});
}
void session::at_most(std::string what, double value, std::string unit, double bound) {
  add_figure({std::move(what), value, std::move(unit), figure::wanted::at_most, bound});
}
void session::note(std::string what, double value, std::string unit) {
  add_figure({std::move(what), value, std::move(unit), figure::wanted::nothing, 0});
}

int session::finish() {
  if (is_single_run()) return 0;
  print();
  if (!record_file_.empty()) record();
  if (!table_file_.empty()) write_table();
  const bool reached = std::all_of(figures_.begin(), figures_.end(), [](const figure& one) { return one.is_met(); });
  return strict_ && !reached ? 1 : 0;
}

void session::write_table() const {
  std::ofstream out(table_file_, std::ios::app);
  const auto number = [](const char* format, double value) {
    char text[64];
    std::snprintf(text, sizeof text, format, value);
    return std::string(text);
  };
  out << "\n## " << name_ << "\n\n`tools/bench " << name_ << "`, commit " << environment_text("SAGE_BENCH_COMMIT")
      << ", " << SAGE_BENCH_COMPILER << " `" << SAGE_BENCH_FLAGS << "`, load " << number("%.2f", begun_load_)
      << " before, " << number("%.2f", load_averages()[0]) << " after";
  if (!series_.empty()) out << ", medians of " << rounds_ << " rounds";
  out << "\n";
  if (!series_.empty()) {
    out << "\n| run | wall s | CPU s | M " << unit_ << "/s |\n|---|---|---|---|\n";
    for (const series& one : series_) {
      const run_time took = median_of(one);
      out << "| " << one.name << " | " << number("%.3f", took.wall_s) << " | " << number("%.3f", took.cpu_s) << " | "
          << number("%.2f", one.work / took.wall_s * 1e-6) << " |\n";
    }
  }
  out << "\n| figure | measured | wanted | |\n|---|---|---|---|\n";
  for (const figure& one : figures_) {
    const bool asked = one.relation != figure::wanted::nothing;
    out << "| " << one.what << " | " << number("%.3g", one.value) << " " << one.unit << " | "
        << (asked ? std::string(sign_of(one.relation)) + number(" %g", one.bound) : "") << " | "
        << (!asked         ? ""
            : one.is_met() ? "reached"
                           : "**missed**")
        << " |\n";
  }
  if (!out.flush()) refuse("can't write to " + table_file_);
}

void session::print() const {
  if (!series_.empty()) {
    std::printf("\n%-28s %12s %12s %14s\n", name_.c_str(), "wall s", "cpu s", ("M " + unit_ + "/s").c_str());
    for (const series& one : series_) {
      const run_time took = median_of(one);
      std::printf("%-28s %12.3f %12.3f %14.2f\n", one.name.c_str(), took.wall_s, took.cpu_s,
                  one.work / took.wall_s * 1e-6);
    }
  }
  std::printf("\n%-52s %12s %-8s %12s\n", "figure", "measured", "", "wanted");
  for (const figure& one : figures_) {
    char bound[32] = "";
    if (one.relation != figure::wanted::nothing) {
      std::snprintf(bound, sizeof bound, "%s %g", sign_of(one.relation), one.bound);
    }
    std::printf("%-52s %12.3f %-8s %12s %s\n", one.what.c_str(), one.value, one.unit.c_str(), bound,
                one.relation == figure::wanted::nothing ? ""
                : one.is_met()                          ? "reached"
                                                        : "MISSED");
  }
}

void session::record() const {
  using nlohmann::ordered_json;
  const double wall = wall_seconds() - begun_wall_;
  const double others = (machine_cpu_seconds() - begun_machine_ - (cpu_seconds() - begun_cpu_)) / wall;
  ordered_json line;
  line["version"] = 1;
  line["bench"] = name_;
  line["time"] = time_now();
  line["commit"] = environment_text("SAGE_BENCH_COMMIT");
  line["machine"] = {{"cpu", cpu_name()}, {"cores", core_count()}, {"memory_mib", memory_mib()}};
  line["compiler"] = SAGE_BENCH_COMPILER;
  line["flags"] = SAGE_BENCH_FLAGS;
  line["load"] = {
      {"before", begun_load_}, {"after", load_averages()[0]}, {"others_cores", rounded(std::max(others, 0.0))}};
  line["rounds"] = rounds_;
  line["scale"] = scale_;
  line["series"] = ordered_json::array();
  for (const series& one : series_) {
    ordered_json entry{{"name", one.name}, {"work", one.work}, {"unit", unit_}};
    entry["wall_s"] = ordered_json::array();
    entry["cpu_s"] = ordered_json::array();
    for (const run_time& t : one.times) {
      entry["wall_s"].push_back(rounded(t.wall_s));
      entry["cpu_s"].push_back(rounded(t.cpu_s));
    }
    line["series"].push_back(std::move(entry));
  }
  line["figures"] = ordered_json::array();
  for (const figure& one : figures_) {
    ordered_json entry{{"what", one.what}, {"value", rounded(one.value)}, {"unit", one.unit}};
    if (one.relation != figure::wanted::nothing) {
      entry["wanted"] = std::string(sign_of(one.relation)) + " " + ordered_json(one.bound).dump();
      entry["reached"] = one.is_met();
    }
    line["figures"].push_back(std::move(entry));
  }
  std::ofstream out(record_file_, std::ios::app);
  out << line.dump() << '\n';
  if (!out.flush()) refuse("can't write to " + record_file_);
}

}  // namespace sage::bench
