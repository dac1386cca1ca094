/// Calls that wait, in an order that is fair among tenants and first come, first served within each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sage::llm {

/// Names a call of a model; chosen by the caller, unique while the call lives.
using call_id = std::uint64_t;

/// Each tenant has a virtual time which advances by cost / weight with every call it gets; the waiting tenant that is
/// furthest behind is next. A tenant that comes back from doing nothing starts at the present: idleness is not saved.
///
/// Law   among tenants that always have something waiting, cost / weight got differs by at most the cost of one call
/// Cost  O(log tenants) per call; no allocation once as many calls and tenants have been seen at once
/// Source  Goyal, Vin and Cheng, "Start-time fair queuing", SIGCOMM 1996
class fair_queue {
 public:
  using place = std::uint32_t;
  using tenant_id = std::uint32_t;

  struct waiting_call {
    call_id call = 0;
    tenant_id tenant = 0;
    std::uint64_t cost = 0;
  };

  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t tenants() const noexcept { return names_.size(); }

  /// How many calls of `tenant` wait.
  [[nodiscard]] std::size_t waiting_of(std::string_view tenant) const noexcept;
  /// Calls of a tenant with weight 2 get twice the share of one with weight 1, the default. Kept while known.
  void set_weight(std::string_view tenant, double weight);

  place push(call_id call, std::string_view tenant, std::uint64_t cost);
  /// The next call. Precondition: not empty.
  [[nodiscard]] const waiting_call& front();
  /// Takes the next call out; its tenant is charged. To be settled later.
  waiting_call pop();
  /// Takes a waiting call out of its place, as if it had never come.
  void erase(place at);
  /// A popped call has ended and has cost `really`.
  void settle(const waiting_call& call, std::uint64_t really);

 private:
  static constexpr place nowhere = ~place{0};

  struct link {
    waiting_call call;
    place before = nowhere;
    place after = nowhere;
  };
  struct tenant_state {
    std::string name;
    double weight = 1;
    double time = 0;  // virtual; in the unit of cost
    double owed = 0;  // correction to be added when the tenant leaves the heap
    place first = nowhere;
    place last = nowhere;
    std::size_t waiting = 0;
    std::size_t running = 0;
    bool in_heap = false;
    bool keeps_weight = false;
  };
  struct turn {
    double time;
    std::uint64_t number;  // first come, first served among equals
    tenant_id tenant;
    // For std::push_heap, whose top is the largest.
    friend bool operator<(const turn& a, const turn& b) noexcept {
      return a.time != b.time ? a.time > b.time : a.number > b.number;
    }
  };

  tenant_id open_tenant(std::string_view name);
  void forget_idle_tenants();
  void enter_heap(tenant_id id);
  void leave_heap();
  void unlink(place at);

  std::vector<link> links_;
  std::vector<place> free_links_;
  std::vector<tenant_state> states_;
  std::vector<tenant_id> free_states_;
  std::map<std::string, tenant_id, std::less<>> names_;
  std::vector<turn> heap_;
  std::size_t size_ = 0;
  std::size_t forget_at_ = 64;  // tenants
  double now_ = 0;              // virtual
  std::uint64_t turns_ = 0;
};

}  // namespace sage::llm
