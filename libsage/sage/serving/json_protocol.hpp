/// Plain JSON requests and answers for any described record. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sage/model/json.hpp"
#include "sage/serving/http_problem.hpp"
#include "sage/serving/server_request.hpp"

namespace sage::serving {

/// Refuses a body that doesn't call itself JSON (415): a page of a stranger can make a browser send any body but one
/// of that name without asking us first. Nothing when it may be read.
[[nodiscard]] std::optional<http_problem> check_json_body(const server_request& request);

/// The problem with a body, in the words of a caller: 400, 413 for bounds, with path, line and column.
[[nodiscard]] http_problem body_problem(const decode_problem& problem);

/// Reads the body of `request` into `into`. A missing field is a problem unless it is optional, an unknown one is
/// skipped.
template <encodable Request>
[[nodiscard]] std::optional<http_problem> decode_request(const server_request& request, Request& into,
                                                         const decode_limits& limits = {},
                                                         decode_mode mode = decode_mode::complete) {
  if (auto problem = check_json_body(request)) return problem;
  decode_problem problem;
  if (decode_json(request.body, into, problem, limits, mode)) return std::nullopt;
  return body_problem(problem);
}

/// The body of an answer. Secrets are left out; throws errc::invalid_argument for text that isn't UTF-8.
template <encodable Reply>
[[nodiscard]] std::string encode_reply(const Reply& reply) {
  return to_json(reply);
}

}  // namespace sage::serving
