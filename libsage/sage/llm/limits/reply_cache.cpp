#include "sage/llm/limits/reply_cache.hpp"

#include <utility>

#include "sage/base/hash.hpp"

namespace sage::llm {

namespace {

std::size_t bytes_of(const std::vector<chat_tool_call>& calls) {
  std::size_t bytes = 0;
  for (const auto& call : calls) {
    bytes += sizeof call + call.id.size() + call.name.size() + call.arguments.size();
  }
  return bytes;
}

std::size_t bytes_of(const chat_request& request) {
  std::size_t bytes = sizeof request + request.model.size() + request.output_schema.size();
  for (const auto& message : request.messages) {
    bytes += sizeof message + message.text.size() + message.name.size() + bytes_of(message.tool_calls);
    for (const auto& image : message.images) bytes += sizeof image + image.url.size();
  }
  for (const auto& tool : request.tools) {
    bytes += sizeof tool + tool.name.size() + tool.description.size() + tool.parameters.size();
  }
  return bytes;
}

std::size_t bytes_of(const chat_reply& reply) {
  std::size_t bytes = sizeof reply + reply.text.size() + bytes_of(reply.tool_calls);
  for (const auto& token : reply.logprobs) bytes += sizeof token + token.token.size();
  return bytes;
}

}  // namespace

reply_cache::reply_cache(const reply_cache_limits& limits, hash_function hash) : limits_(limits), hash_(hash) {}

std::uint64_t reply_cache::hash_of(const chat_request& request, std::string_view domain) {
  return hash_bytes(domain.data(), domain.size(), stable_hash(request));
}

const chat_reply* reply_cache::find(const chat_request& request, std::string_view domain, nanoseconds now) {
  const auto found = by_hash_.find(hash_(request, domain));
  if (found != by_hash_.end()) {
    const auto at = found->second;
    if (now - at->kept_at > limits_.age_max) {
      drop(at);
    } else if (at->domain == domain && at->request == request) {
      ++hits_;
      used_.splice(used_.begin(), used_, at);
      return &at->reply;
    }
  }
  ++misses_;
  return nullptr;
}

void reply_cache::put(const chat_request& request, std::string_view domain, chat_reply reply, nanoseconds now) {
  const std::uint64_t hash = hash_(request, domain);
  if (const auto found = by_hash_.find(hash); found != by_hash_.end()) drop(found->second);
  const std::size_t bytes = sizeof(entry) + domain.size() + bytes_of(request) + bytes_of(reply);
  if (bytes > limits_.bytes_max || limits_.entries_max == 0) return;
  while (!used_.empty() && (used_.size() >= limits_.entries_max || bytes_ + bytes > limits_.bytes_max)) {
    drop(std::prev(used_.end()));
  }
  used_.push_front({hash, std::string(domain), request, std::move(reply), bytes, now});
  by_hash_.emplace(hash, used_.begin());
  bytes_ += bytes;
}

void reply_cache::clear() {
  used_.clear();
  by_hash_.clear();
  bytes_ = 0;
}

void reply_cache::drop(entries_by_use::iterator at) {
  by_hash_.erase(at->hash);
  bytes_ -= at->bytes;
  used_.erase(at);
}

}  // namespace sage::llm
