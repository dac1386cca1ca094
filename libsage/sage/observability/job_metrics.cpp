#include "sage/observability/job_metrics.hpp"

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <utility>

#include "sage/base/utf8.hpp"

namespace sage {

namespace {

void append_text(std::string& to, std::string_view raw) {
  std::string text;
  append_repaired_utf8(text, raw);
  to += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      to += '\\';
      to += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
      to += escaped;
    } else {
      to += c;
    }
  }
  to += '"';
}

class object_writer {
 public:
  explicit object_writer(std::string& to) : to_(to) { to_ += '{'; }
  ~object_writer() { to_ += '}'; }
  object_writer(const object_writer&) = delete;
  object_writer& operator=(const object_writer&) = delete;

  std::string& key(std::string_view name) {
    if (!std::exchange(first_, false)) to_ += ',';
    append_text(to_, name);
    to_ += ':';
    return to_;
  }
  void text(std::string_view name, std::string_view value) { append_text(key(name), value); }
  void number(std::string_view name, std::uint64_t value) { key(name) += std::to_string(value); }
  void ratio(std::string_view name, double value) {
    char shown[32];
    std::snprintf(shown, sizeof shown, "%.6f", value);
    key(name) += shown;
  }
  void durations(std::string_view name, const histogram& h) {
    object_writer nested(key(name));
    nested.number("count", h.count());
    nested.number("sum", h.sum());
    nested.number("p50", h.quantile(0.5));
    nested.number("p99", h.quantile(0.99));
    nested.number("max", h.max());
  }

 private:
  std::string& to_;
  bool first_ = true;
};

void append_operator(std::string& to, const operator_metrics& m) {
  object_writer w(to);
  w.text("name", m.name);
  w.text("kind", m.kind);
  w.number("instance", m.instance);
  w.text("actor", m.actor);
  w.number("records_in", m.records_in);
  w.number("records_out", m.records_out);
  w.number("batches_in", m.batches_in);
  w.number("batches_out", m.batches_out);
  w.number("filtered", m.filtered);
  w.number("dropped", m.dropped);
  w.number("dead_lettered", m.dead_lettered);
  w.number("gone", m.gone);
  w.number("late", m.late);
  w.number("state_rows", m.state_rows);
  w.number("state_bytes", m.state_bytes);
  const bool has_time = m.watermark != no_event_time && m.watermark != end_of_time;
  w.key("watermark_ms") += has_time ? std::to_string(m.watermark) : "null";
  w.number("service_ns", m.service_ns);
}

void append_instance(std::string& to, const instance_metrics& m) {
  object_writer w(to);
  w.text("name", m.name);
  w.number("bytes_in", m.bytes_in);
  w.number("bytes_out", m.bytes_out);
  w.number("source_positions", m.source_positions);
  w.number("queue_batches", m.queue_batches);
  w.number("queue_batches_max", m.queue_batches_max);
  w.ratio("busy_ratio", m.busy_ratio);
  w.ratio("blocked_ratio", m.blocked_ratio);
  w.ratio("idle_ratio", m.idle_ratio);
  w.durations("wait_ns", m.wait);
  w.durations("service_ns", m.service);
  w.durations("blocked_ns", m.blocked);
}

}  // namespace

operator_metrics job_metrics::total(const std::string& name) const {
  operator_metrics sum;
  sum.name = name;
  bool first = true;
  for (const operator_metrics& m : operators) {
    if (m.name != name) continue;
    sum.kind = m.kind;
    sum.records_in += m.records_in;
    sum.records_out += m.records_out;
    sum.batches_in += m.batches_in;
    sum.batches_out += m.batches_out;
    sum.filtered += m.filtered;
    sum.dropped += m.dropped;
    sum.dead_lettered += m.dead_lettered;
    sum.gone += m.gone;
    sum.late += m.late;
    sum.state_rows += m.state_rows;
    sum.state_bytes += m.state_bytes;
    sum.watermark = first ? m.watermark : std::min(sum.watermark, m.watermark);
    first = false;
    sum.service_ns += m.service_ns;
  }
  return sum;
}

std::string job_metrics::to_json() const {
  std::string to;
  {
    object_writer w(to);
    w.number("version", 1);
    w.text("job", job);
    w.text("state", state);
    w.ratio("seconds", seconds);
    w.key("operators") += '[';
    for (std::size_t i = 0; i < operators.size(); ++i) {
      if (i > 0) to += ',';
      append_operator(to, operators[i]);
    }
    to += ']';
    w.key("instances") += '[';
    for (std::size_t i = 0; i < instances.size(); ++i) {
      if (i > 0) to += ',';
      append_instance(to, instances[i]);
    }
    to += ']';
  }
  to += '\n';
  return to;
}

}  // namespace sage
