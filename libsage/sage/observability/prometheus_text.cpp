// The metrics of a job in the Prometheus text format, version 0.0.4: families with their help, type and samples.
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include "sage/base/utf8.hpp"
#include "sage/observability/job_metrics.hpp"

namespace sage {

namespace {

// Bounds of buckets: powers of four from a microsecond to about a minute, in nanoseconds.
constexpr std::size_t first_bound = 10;
constexpr std::size_t last_bound = 36;
constexpr std::size_t bound_step = 2;

struct operator_family {
  const char* name;
  const char* help;
  std::uint64_t operator_metrics::*value;
};
constexpr operator_family operator_families[] = {
    {"sage_operator_records_in_total", "Records taken in.", &operator_metrics::records_in},
    {"sage_operator_records_out_total", "Records emitted.", &operator_metrics::records_out},
    {"sage_operator_batches_in_total", "Batches taken in.", &operator_metrics::batches_in},
    {"sage_operator_batches_out_total", "Batches emitted.", &operator_metrics::batches_out},
    {"sage_operator_records_filtered_total", "Records the user's decision ended here.", &operator_metrics::filtered},
    {"sage_operator_records_dropped_total", "Records dropped by error policy.", &operator_metrics::dropped},
    {"sage_operator_records_dead_lettered_total", "Records sent to dead letters.", &operator_metrics::dead_lettered},
    {"sage_operator_records_gone_total", "Records given up because their item was stopped.", &operator_metrics::gone},
    {"sage_operator_records_late_total", "Records dropped because their window had been closed.",
     &operator_metrics::late},
};

struct instance_family {
  const char* name;
  const char* type;
  const char* help;
  std::uint64_t instance_metrics::*value;
};
constexpr instance_family instance_families[] = {
    {"sage_instance_bytes_in_total", "counter", "Bytes of the batches taken in, as they are in memory.",
     &instance_metrics::bytes_in},
    {"sage_instance_bytes_out_total", "counter", "Bytes of the batches sent, as they are in memory.",
     &instance_metrics::bytes_out},
    {"sage_instance_source_positions_total", "counter",
     "How far its source has come: bytes of files, numbers of records.", &instance_metrics::source_positions},
    {"sage_instance_queue_batches", "gauge", "Batches that wait to be taken in.", &instance_metrics::queue_batches},
    {"sage_instance_queue_batches_max", "gauge", "The most batches that have waited at once.",
     &instance_metrics::queue_batches_max},
};

struct ratio_family {
  const char* name;
  const char* help;
  double instance_metrics::*value;
};
constexpr ratio_family ratio_families[] = {
    {"sage_instance_busy_ratio", "Share of its life spent processing.", &instance_metrics::busy_ratio},
    {"sage_instance_blocked_ratio", "Share of its life without credit for what it wanted to send.",
     &instance_metrics::blocked_ratio},
    {"sage_instance_idle_ratio", "The rest of its life.", &instance_metrics::idle_ratio},
};

struct histogram_family {
  const char* name;
  const char* help;
  histogram instance_metrics::*value;
};
constexpr histogram_family histogram_families[] = {
    {"sage_instance_wait_seconds", "Time from the sender's send to the beginning of processing, per batch.",
     &instance_metrics::wait},
    {"sage_instance_service_seconds", "Time of processing, per batch.", &instance_metrics::service},
    {"sage_instance_blocked_seconds", "Time of each wait for credit.", &instance_metrics::blocked},
};

// Label values: UTF-8, with backslash, quote and newline escaped.
std::string label(std::string_view value) {
  std::string text;
  append_repaired_utf8(text, value);
  std::string escaped;
  for (const char c : text) {
    if (c == '\\' || c == '"') escaped += '\\';
    if (c == '\n') {
      escaped += "\\n";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string number(double value) {
  char shown[32];
  std::snprintf(shown, sizeof shown, "%.9g", value);
  return shown;
}

std::string seconds(std::uint64_t ns) {
  char shown[48];
  std::snprintf(shown, sizeof shown, "%llu.%09llu", static_cast<unsigned long long>(ns / 1'000'000'000),
                static_cast<unsigned long long>(ns % 1'000'000'000));
  return shown;
}

class text_writer {
 public:
  explicit text_writer(const job_metrics& metrics) : metrics_(metrics), job_("job=\"" + label(metrics.job) + "\"") {}

  std::string write() {
    begin("sage_job_seconds", "gauge", "Time since the start, up to the end of a job that has ended.");
    sample("sage_job_seconds", job_, number(metrics_.seconds));
    begin("sage_job_state", "gauge", "1 for the state that the job is in.");
    sample("sage_job_state", job_ + ",state=\"" + label(metrics_.state) + "\"", "1");
    for (const operator_family& f : operator_families) {
      begin(f.name, "counter", f.help);
      for (const operator_metrics& m : metrics_.operators) sample(f.name, labels_of(m), std::to_string(m.*f.value));
    }
    begin("sage_operator_service_seconds_total", "counter",
          "Time in the operator itself, estimated from every 16th batch.");
    for (const operator_metrics& m : metrics_.operators) {
      sample("sage_operator_service_seconds_total", labels_of(m), seconds(m.service_ns));
    }
    begin("sage_operator_state_rows", "gauge", "Keys, or windows, that a keyed operator remembers.");
    for (const operator_metrics& m : metrics_.operators) {
      sample("sage_operator_state_rows", labels_of(m), std::to_string(m.state_rows));
    }
    begin("sage_operator_state_bytes", "gauge", "What of them is in memory, in bytes: an estimate.");
    for (const operator_metrics& m : metrics_.operators) {
      sample("sage_operator_state_bytes", labels_of(m), std::to_string(m.state_bytes));
    }
    begin("sage_operator_watermark_seconds", "gauge",
          "How far event time has come behind the operator, in seconds since the Unix epoch.");
    for (const operator_metrics& m : metrics_.operators) {
      if (m.watermark == no_event_time || m.watermark == end_of_time) continue;
      sample("sage_operator_watermark_seconds", labels_of(m), number(static_cast<double>(m.watermark) / 1000.0));
    }
    for (const instance_family& f : instance_families) {
      begin(f.name, f.type, f.help);
      for (const instance_metrics& m : metrics_.instances) sample(f.name, labels_of(m), std::to_string(m.*f.value));
    }
    for (const ratio_family& f : ratio_families) {
      begin(f.name, "gauge", f.help);
      for (const instance_metrics& m : metrics_.instances) sample(f.name, labels_of(m), number(m.*f.value));
    }
    for (const histogram_family& f : histogram_families) {
      begin(f.name, "histogram", f.help);
      for (const instance_metrics& m : metrics_.instances) write_histogram(f.name, labels_of(m), m.*f.value);
    }
    return std::move(to_);
  }

 private:
  void begin(const std::string& name, const char* type, const char* help) {
    to_ += "# HELP " + name + " " + help + "\n# TYPE " + name + " " + type + "\n";
  }
  void sample(const std::string& name, const std::string& labels, const std::string& value) {
    to_ += name + "{" + labels + "} " + value + "\n";
  }
  [[nodiscard]] std::string labels_of(const operator_metrics& m) const {
    return job_ + ",operator=\"" + label(m.name) + "\",instance=\"" + std::to_string(m.instance) + "\"";
  }
  [[nodiscard]] std::string labels_of(const instance_metrics& m) const {
    return job_ + ",actor=\"" + label(m.name) + "\"";
  }

  // Buckets are cumulative: each counts everything up to its bound.
  void write_histogram(const std::string& name, const std::string& labels, const histogram& h) {
    std::uint64_t below = 0;
    std::size_t bucket = 0;
    for (std::size_t power = first_bound; power <= last_bound; power += bound_step) {
      const std::uint64_t bound = (std::uint64_t{1} << power) - 1;
      for (; bucket < histogram::buckets && histogram::upper_bound(bucket) <= bound; ++bucket) {
        below += h.count_in(bucket);
      }
      sample(name + "_bucket", labels + ",le=\"" + seconds(bound) + "\"", std::to_string(below));
    }
    sample(name + "_bucket", labels + ",le=\"+Inf\"", std::to_string(h.count()));
    sample(name + "_sum", labels, seconds(h.sum()));
    sample(name + "_count", labels, std::to_string(h.count()));
  }

  const job_metrics& metrics_;
  std::string job_;
  std::string to_;
};

}  // namespace

std::string job_metrics::to_prometheus() const {
  return text_writer(*this).write();
}

}  // namespace sage
