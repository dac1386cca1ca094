#include "sage/graph/checker.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "sage/base/error.hpp"
#include "sage/base/hash.hpp"
#include "sage/graph/loops.hpp"

namespace sage::graph {

namespace {

constexpr std::size_t parallelism_max = 4096;
constexpr std::size_t batch_size_max = 1u << 20;

class finder {
 public:
  explicit finder(const logical_graph& graph) : graph_(graph) {}

  std::vector<problem> run() {
    if (graph_.nodes.empty()) add("the pipeline", "is empty", "declare a source, operators and a sink first");
    find_duplicate_names();
    for (const node& n : graph_.nodes) {
      check_connections(n);
      check_options(n);
      check_consumers(n);
    }
    check_dead_letters();
    check_loops();
    return std::move(problems_);
  }

 private:
  void add(const std::string& where, std::string what, std::string advice) {
    problems_.push_back(problem{where, std::move(what), std::move(advice)});
  }
  static std::string title(const node& n) { return n.name; }

  void find_duplicate_names() {
    std::map<std::string, std::string> uids;
    std::map<std::string, std::size_t> names;
    for (const node& n : graph_.nodes) {
      const auto [known, fresh] = uids.emplace(n.uid, n.name);
      if (!fresh) {
        add(title(n), "has the uid '" + n.uid + "' of '" + known->second + "'",
            "give each operator a uid of its own");
      }
      if (++names[n.name] == 2) {
        add(title(n), "is the name of two operators", "errors and metrics name operators: make them different");
      }
    }
  }

  void check_connections(const node& n) {
    if (n.takes_dead_letters) return;
    for (std::uint32_t input = 1; input <= n.more_ins.size(); ++input) {
      const bool fed = std::any_of(graph_.edges.begin(), graph_.edges.end(),
                                   [&](const edge& e) { return e.to == n.id && e.input == input; });
      if (!fed) add(title(n), "nothing leads into its input " + std::to_string(input), "connect a stream to it");
    }
    for (std::uint32_t port = 0; port < n.outs.size(); ++port) {
      const bool used = std::any_of(graph_.edges.begin(), graph_.edges.end(),
                                    [&](const edge& e) { return e.from == n.id && e.port == port; });
      if (used) continue;
      const std::string which = n.outs.size() == 1 ? "its output" : "its output " + std::to_string(port);
      add(title(n), which + " goes nowhere",
          "end it with .sink(...), or with .sink(sage::discard()) if that is meant");
    }
  }

  void check_options(const node& n) {
    if (n.holds_source) {
      const std::vector<std::size_t> in = graph_.edges_into(n.id);
      if (in.size() != 1 || !graph_.at(graph_.edges[in.front()].from).is_source()) {
        add(title(n), "is to let its source wait, and has none before it",
            "call assign_timestamps with an alignment right behind the source");
      }
    }
    const operator_options& o = n.options;
    if (o.parallelism && (*o.parallelism == 0 || *o.parallelism > parallelism_max)) {
      add(title(n), "has parallelism " + std::to_string(*o.parallelism),
          "use 1 to " + std::to_string(parallelism_max));
    }
    if (n.keyed && o.parallelism && *o.parallelism > key_groups_default) {
      add(title(n), "has more instances than there are key groups",
          "use at most " + std::to_string(key_groups_default));
    }
    if (o.batch_size && (*o.batch_size == 0 || *o.batch_size > batch_size_max)) {
      add(title(n), "has batch size " + std::to_string(*o.batch_size), "use 1 to " + std::to_string(batch_size_max));
    }
    if (o.state_limits.has_any() && !n.limits_state) {
      add(title(n), "has a limit of state, and keeps none by key",
          "call .state_bytes_max(...) behind process, co_process, aggregate, reduce, distinct, windows and joins");
    }
    const bool keeps_record = n.retries_by_itself || (o.on_error && o.on_error->keeps_record());
    if (keeps_record && n.unsupported_retry) {
      add(title(n),
          "has the policy " + (o.on_error ? o.on_error->to_string() : std::string("retry")) +
              ", but its function takes the record away and " + std::string(n.in->name) + " can't be copied",
          "let the function take a const reference, or use fail or drop");
    }
  }

  // A batch with two consumers is shared; each of them may have to copy records out of it.
  void check_consumers(const node& n) {
    for (std::uint32_t port = 0; port < n.outs.size(); ++port) {
      if (n.outs[port]->copyable) continue;
      std::size_t consumers = 0;
      bool broadcast = false;
      for (const edge& e : graph_.edges) {
        if (e.from != n.id || e.port != port) continue;
        ++consumers;
        broadcast = broadcast || e.partitioning.kind == routing::partitioning::broadcast;
      }
      if (consumers > 1 || broadcast) {
        add(title(n),
            std::string(n.outs[port]->name) + " can't be copied, but " +
                (broadcast ? "is broadcast" : std::to_string(consumers) + " operators consume it"),
            "give it one consumer, or send a std::shared_ptr to it");
      }
    }
  }

  void check_dead_letters() {
    const bool wanted = std::any_of(graph_.nodes.begin(), graph_.nodes.end(), [](const node& n) {
      return n.options.on_error && n.options.on_error->then == error_policy::action::dead_letter;
    });
    const bool taken =
        std::any_of(graph_.nodes.begin(), graph_.nodes.end(), [](const node& n) { return n.takes_dead_letters; });
    if (wanted && taken) check_dead_letters_of_dead_letters();
    if (!wanted || taken) return;
    for (const node& n : graph_.nodes) {
      if (n.options.on_error && n.options.on_error->then == error_policy::action::dead_letter) {
        add(title(n), "sends dead letters, but nobody takes them",
            "declare env.dead_letters().sink(...), or name a place for them with --dlq DIR");
      }
    }
  }

  // Dead letters of what handles dead letters would come back to it.
  void check_dead_letters_of_dead_letters() {
    std::vector<node_id> behind;
    for (const node& n : graph_.nodes) {
      if (n.takes_dead_letters) behind.push_back(n.id);
    }
    std::vector<bool> seen(graph_.nodes.size(), false);
    while (!behind.empty()) {
      const node& n = graph_.at(behind.back());
      behind.pop_back();
      if (seen[n.id]) continue;
      seen[n.id] = true;
      if (n.options.on_error && n.options.on_error->then == error_policy::action::dead_letter) {
        add(title(n), "handles dead letters and sends its own to itself", "use drop or fail here");
        continue;
      }
      for (const std::size_t e : graph_.edges_from(n.id)) behind.push_back(graph_.edges[e].to);
    }
  }

  void check_loops() {
    std::vector<std::optional<node_id>> owner(graph_.nodes.size());
    for (const loop& one : find_loops(graph_)) {
      const node& head = graph_.at(one.head);
      const auto into = graph_.edges_into(one.head);
      if (into.size() == one.fed.size()) {
        add(title(head), "lets nothing into its loop", "unite it with a stream: starts.union_with(again)");
      }
      if (one.fed.empty()) {
        add(title(head), "is never fed", "close the loop with stream.feed(again), or leave it out");
      }
      if (head.options.parallelism && *head.options.parallelism != 1) {
        add(title(head), "has parallelism " + std::to_string(*head.options.parallelism),
            "the head of a loop counts what is inside, alone: set parallelism on the operators of the body");
      }
      for (const std::size_t e : one.fed) {
        const node_id last = graph_.edges[e].from;
        if (last != one.head && std::find(one.body.begin(), one.body.end(), last) == one.body.end()) {
          add(title(graph_.at(last)), "feeds '" + head.name + "', but takes nothing from it",
              "unite streams from outside with it: starts.union_with(again)");
        }
      }
      for (const node_id id : one.body) check_body(one, graph_.at(id), owner[id]);
    }
  }

  void check_body(const loop& one, const node& n, std::optional<node_id>& owner) {
    const node& head = graph_.at(one.head);
    if (owner) {
      add(title(n), "is part of two loops, '" + graph_.at(*owner).name + "' and '" + head.name + "'",
          "loops can't be nested or overlap: let one end before the other begins");
    }
    owner = one.head;
    if (n.is_loop_head()) {
      add(title(n), "is the head of a loop within the loop '" + head.name + "'",
          "loops can't be nested or overlap: let one end before the other begins");
    }
    if (n.emits_at_end && !n.options.every_update) {
      add(title(n), "is within the loop '" + head.name + "', but emits only when its input or time ends",
          "put it behind the loop; aggregates may emit running values: .emit(sage::every_update)");
    }
    if (n.takes_dead_letters) {
      add(title(n), "leads back into the loop '" + head.name + "'", "handle dead letters outside of loops");
    }
    for (const std::size_t e : graph_.edges_into(n.id)) {
      const node_id from = graph_.edges[e].from;
      if (from == one.head || std::find(one.body.begin(), one.body.end(), from) != one.body.end()) continue;
      add(title(n),
          "is within the loop '" + head.name + "', but takes records of '" + graph_.at(from).name + "' from outside",
          "let them in by the head, which bounds the loop: stream.union_with(again)");
    }
  }

  const logical_graph& graph_;
  std::vector<problem> problems_;
};

}  // namespace

std::vector<problem> check(const logical_graph& graph) {
  return finder(graph).run();
}

void check_or_throw(const logical_graph& graph) {
  const std::vector<problem> problems = check(graph);
  if (problems.empty()) return;
  std::string text = problems.size() == 1
                         ? "the pipeline can't run"
                         : "the pipeline can't run, for " + std::to_string(problems.size()) + " reasons";
  for (const problem& p : problems) text += "\n  " + p.where + ": " + p.what + "; " + p.advice;
  throw error(errc::invalid_graph, text, graph.name);
}

}  // namespace sage::graph
