#include "ask/index/vector_search.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <unordered_set>
#include <utility>

#include <hnswlib/hnswlib.h>

#include "ask/limits.hpp"
#include "ask/storage/bytes.hpp"

namespace ask {

namespace {

using id = hnswlib::tableint;
using link_count = hnswlib::linklistsizeint;

constexpr std::size_t links_max = 16;         ///< per vector above the lowest level; twice as many on it
constexpr std::size_t lowest_links_max = 32;  ///< as the library has it
constexpr std::size_t construction_width = 200;
constexpr std::size_t search_width_min = 256;  ///< what is looked at: recall beats a millisecond here
constexpr std::size_t vectors_per_passage =
    4;                                   ///< looked at: about what a passage has; there is no search by passage
constexpr std::uint32_t level_max = 32;  ///< a level is reached by one vector of 16 to its power

std::size_t links_at(std::uint32_t level) {
  return level == 0 ? lowest_links_max : links_max;
}

}  // namespace

struct vector_search::graph {
  graph(std::vector<std::uint32_t> passage_of, std::uint32_t dimensions)
      : owners(std::move(passage_of)),
        vectors(static_cast<std::uint32_t>(owners.size())),
        width(dimensions),
        space(dimensions),
        nodes(&space, std::max<std::size_t>(vectors, 1), links_max, construction_width) {
    // While adding, the library reads one link behind a full list: there has to be one.
    nodes.size_links_per_element_ += sizeof(id);
    nodes.setEf(search_width_min);
  }

  [[nodiscard]] const float* vector_of(id node) const {
    return reinterpret_cast<const float*>(nodes.getDataByInternalId(node));
  }
  [[nodiscard]] std::span<id> links_of(id node, std::uint32_t level) const {
    auto* const list = nodes.get_linklist_at_level(node, static_cast<int>(level));
    return {reinterpret_cast<id*>(list + 1), nodes.getListCount(list)};
  }

  std::vector<std::uint32_t> owners;  ///< the passage of each vector
  std::uint32_t vectors;
  std::uint32_t width;
  hnswlib::InnerProductSpace space;
  hnswlib::HierarchicalNSW<float> nodes;
};

vector_search::vector_search(std::unique_ptr<graph> its) : graph_(std::move(its)) {}
vector_search::~vector_search() = default;
vector_search::vector_search(vector_search&&) noexcept = default;
vector_search& vector_search::operator=(vector_search&&) noexcept = default;

vector_search::vector_search(const vector_table& vectors)
    : graph_(std::make_unique<graph>(vectors.owners(), vectors.dimensions())) {
  for (std::uint32_t number = 0; number < vectors.size(); ++number) {
    graph_->nodes.addPoint(vectors[number].data(), number);
  }
}

std::uint32_t vector_search::size() const noexcept {
  return graph_->vectors;
}

std::uint32_t vector_search::passages() const noexcept {
  return graph_->owners.empty() ? 0 : graph_->owners.back() + 1;
}

std::uint32_t vector_search::dimensions() const noexcept {
  return graph_->width;
}

std::vector<hit> vector_search::search(std::span<const float> question, std::size_t count) const {
  count = std::min(count, limits::hits_max);
  const auto looked_at = std::min(count * vectors_per_passage, std::size_t{size()});
  if (looked_at == 0) return {};
  auto found = graph_->nodes.searchKnn(question.data(), looked_at);
  std::vector<hit> nearest(found.size());
  for (auto into = nearest.rbegin(); into != nearest.rend(); ++into, found.pop()) {
    *into = {graph_->owners[found.top().second], 1.0 - double{found.top().first}};
  }
  std::vector<hit> hits;
  std::unordered_set<std::uint32_t> seen;
  for (const auto& one : nearest) {
    if (hits.size() < count && seen.insert(one.passage).second) hits.push_back(one);
  }
  return hits;
}

void vector_search::encode(byte_writer& out) const {
  const auto& its = *graph_;
  out.put_number(its.width);
  out.put_number(its.vectors);
  out.put_number(size() == 0 ? 0 : its.nodes.enterpoint_node_);
  for (id node = 0; node < its.vectors; ++node) {
    out.put_number(its.owners[node]);
    out.put_floats({its.vector_of(node), its.width});
    const auto top = static_cast<std::uint32_t>(its.nodes.element_levels_[node]);
    out.put_number(top);
    for (std::uint32_t level = 0; level <= top; ++level) {
      const auto links = its.links_of(node, level);
      out.put_number(links.size());
      for (const id link : links) out.put_number(link);
    }
  }
}

namespace {

// One vector with its links, before it is believed.
struct read_node {
  std::uint32_t passage = 0;
  std::vector<float> vector;
  std::vector<std::vector<id>> links;  ///< by level

  [[nodiscard]] std::uint32_t top() const noexcept { return static_cast<std::uint32_t>(links.size() - 1); }
};

read_node read(byte_reader& in, std::uint32_t width, std::uint32_t count) {
  read_node node;
  node.passage = in.number32(limits::passages_max - 1);
  node.vector.resize(width);
  in.floats(node.vector);
  node.links.resize(std::size_t{in.number32(level_max)} + 1);
  for (std::uint32_t level = 0; level < node.links.size() && !in.failed(); ++level) {
    node.links[level].resize(in.number32(static_cast<std::uint32_t>(links_at(level))));
    for (id& link : node.links[level]) link = in.number32(count - 1);
  }
  return node;
}

// A search enters on top and goes down; on each level it follows links, which lead to vectors of that level.
void check(byte_reader& in, const std::vector<read_node>& nodes, id entrance) {
  std::uint32_t passages = 0;
  for (const auto& node : nodes) {
    if (node.passage != passages && node.passage + 1 != passages) in.fail("a passage has no vector");
    passages = node.passage + 1;
    if (node.top() > nodes[entrance].top()) in.fail("a vector is above the entrance");
    for (std::uint32_t level = 0; level <= node.top(); ++level) {
      for (const id link : node.links[level]) {
        if (nodes[link].top() < level) in.fail("a link leads to a vector that isn't on its level");
      }
    }
  }
}

}  // namespace

std::unique_ptr<vector_search> vector_search::decode(byte_reader& in) {
  const auto width = in.number32(static_cast<std::uint32_t>(limits::dimensions_max));
  const std::size_t vector_bytes = sizeof(float) * std::max(width, 1U);
  // The entrance stands between count and vectors: count() asks for what is left behind it, which is close enough.
  const auto count = in.count(vector_bytes);
  if (width == 0 || count == 0 || count > limits::passages_max) in.fail("it holds no vectors");
  const auto vectors = static_cast<std::uint32_t>(count);
  const id entrance = in.number32(in.failed() ? 0 : vectors - 1);
  std::vector<read_node> nodes;
  for (id node = 0; node < vectors && !in.failed(); ++node) nodes.push_back(read(in, width, vectors));
  if (!in.failed()) check(in, nodes, entrance);
  if (in.failed()) return nullptr;

  std::vector<std::uint32_t> owners;
  for (const auto& node : nodes) owners.push_back(node.passage);
  auto made = std::make_unique<graph>(std::move(owners), width);
  auto& into = made->nodes;
  for (id node = 0; node < vectors; ++node) {
    const auto& from = nodes[node];
    std::memset(into.get_linklist0(node), 0, into.size_data_per_element_);
    std::memcpy(into.getDataByInternalId(node), from.vector.data(), sizeof(float) * width);
    into.setExternalLabel(node, node);
    if (from.top() > 0) {
      into.linkLists_[node] = static_cast<char*>(std::calloc(from.top(), into.size_links_per_element_));
      if (into.linkLists_[node] == nullptr) throw std::bad_alloc();
    }
    into.element_levels_[node] = static_cast<int>(from.top());
    into.cur_element_count = node + 1;  // what its destructor frees
    for (std::uint32_t level = 0; level <= from.top(); ++level) {
      auto* const list = into.get_linklist_at_level(node, static_cast<int>(level));
      into.setListCount(list, static_cast<std::uint16_t>(from.links[level].size()));
      std::copy(from.links[level].begin(), from.links[level].end(), reinterpret_cast<id*>(list + 1));
    }
  }
  into.enterpoint_node_ = entrance;
  into.maxlevel_ = static_cast<int>(nodes[entrance].top());
  return std::unique_ptr<vector_search>(new vector_search(std::move(made)));
}

}  // namespace ask
