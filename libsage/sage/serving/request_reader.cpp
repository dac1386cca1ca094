#include "sage/serving/request_reader.hpp"

#include <algorithm>
#include <utility>

#include "sage/base/assert.hpp"

#ifdef SAGE_HAS_SERVING

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace http = boost::beast::http;

namespace sage::serving {

namespace {

constexpr std::string_view head_end = "\r\n\r\n";

http_problem refusal(int status, std::string message) {
  http_problem problem;
  problem.status = status;
  problem.message = std::move(message);
  problem.closes = true;
  return problem;
}

}  // namespace

struct request_reader::parser {
  http::request_parser<http::string_body> of;
};

request_reader::request_reader(const allowed_hosts& hosts, const server_limits& limits)
    : hosts_(hosts), limits_(limits) {}

request_reader::~request_reader() = default;

std::size_t request_reader::body_bytes() const noexcept {
  return parser_ ? parser_->of.get().body().size() : 0;
}

void request_reader::refuse(http_problem problem) {
  problem_ = std::move(problem);
  stage_ = stage::refused;
}

std::size_t request_reader::feed(std::string_view bytes) {
  switch (stage_) {
    case stage::head: return feed_head(bytes);
    case stage::body: return feed_body(bytes);
    case stage::complete:
    case stage::refused: break;
  }
  return 0;
}

std::size_t request_reader::feed_head(std::string_view bytes) {
  std::size_t skipped = 0;
  // RFC 9112, section 2.2: an empty line before a request is ignored.
  if (head_text_.empty() && bytes.starts_with("\r\n")) skipped = 2;
  if (head_text_.empty() && bytes == "\r") return 0;
  const std::size_t before = head_text_.size();
  // Never keeps more than one byte beyond the limit: that is enough to see that it was passed.
  const std::size_t room = limits_.header_bytes_max + 1 - before;
  head_text_.append(bytes.substr(skipped, room));
  const std::size_t end = head_text_.find(head_end, before - std::min(before, head_end.size() - 1));
  std::size_t taken = skipped + head_text_.size() - before;
  if (end != std::string::npos) {
    taken -= head_text_.size() - end - head_end.size();
    head_text_.resize(end + head_end.size());
  }
  if (head_text_.size() > limits_.header_bytes_max) {
    refuse(refusal(431, "the head is longer than " + std::to_string(limits_.header_bytes_max) + " bytes"));
  } else if (find_bad_head_byte(head_text_, before - std::min<std::size_t>(before, 1)) != std::string::npos) {
    refuse(refusal(400, "the head has a control character, or a line that doesn't end with CR LF"));
  } else if (end != std::string::npos) {
    end_head();
  }
  return taken;
}

void request_reader::end_head() {
  auto read = read_head(head_text_, hosts_, limits_);
  if (auto* problem = std::get_if<http_problem>(&read)) {
    refuse(std::move(*problem));
    return;
  }
  head_ = std::get<request_head>(std::move(read));
  parser_ = std::make_unique<parser>();
  parser_->of.header_limit(static_cast<std::uint32_t>(2 * limits_.header_bytes_max + 1));  // ours is the stricter one
  parser_->of.body_limit(limits_.body_bytes_max);
  boost::system::error_code problem;
  const std::size_t used = parser_->of.put(boost::asio::buffer(head_text_), problem);
  if (problem || used != head_text_.size() || !parser_->of.is_header_done()) {
    refuse(refusal(400, "the head is no HTTP"));
    return;
  }
  head_text_.clear();
  parser_->of.eager(true);
  stage_ = parser_->of.is_done() ? stage::complete : stage::body;
}

std::size_t request_reader::feed_body(std::string_view bytes) {
  boost::system::error_code problem;
  const std::size_t used = parser_->of.put(boost::asio::buffer(bytes.data(), bytes.size()), problem);
  if (problem == http::error::need_more) problem = {};
  if (problem == http::error::body_limit) {
    refuse(refusal(413, "the body is longer than " + std::to_string(limits_.body_bytes_max) + " bytes"));
  } else if (problem) {
    refuse(refusal(400, "the chunks of the body are broken"));
  } else if (parser_->of.is_done()) {
    stage_ = stage::complete;
  } else if (bytes.size() - used > limits_.header_bytes_max) {
    // What stays behind is the line before a chunk, or trailers.
    refuse(refusal(431, "a chunk has more around it than " + std::to_string(limits_.header_bytes_max) + " bytes"));
  }
  return used;
}

server_request request_reader::take() {
  SAGE_ASSERT(stage_ == stage::complete);
  server_request made;
  made.method = std::move(head_.method);
  made.path = std::move(head_.path);
  made.query = std::move(head_.query);
  // Those of the head alone: trailers come after every check.
  made.headers = std::move(head_.headers);
  made.body = std::move(parser_->of.get().body());
  parser_.reset();
  head_ = {};
  stage_ = stage::head;
  return made;
}

}  // namespace sage::serving

#else

namespace sage::serving {

struct request_reader::parser {};

request_reader::request_reader(const allowed_hosts& hosts, const server_limits& limits)
    : hosts_(hosts), limits_(limits) {
  http_problem none;
  none.status = 501;
  none.message = "this build has no server";
  refuse(std::move(none));
}

request_reader::~request_reader() = default;

std::size_t request_reader::body_bytes() const noexcept {
  return 0;
}

void request_reader::refuse(http_problem problem) {
  problem_ = std::move(problem);
  stage_ = stage::refused;
}

std::size_t request_reader::feed(std::string_view) {
  return 0;
}

server_request request_reader::take() {
  SAGE_ASSERT(stage_ == stage::complete);
  return {};
}

}  // namespace sage::serving

#endif
