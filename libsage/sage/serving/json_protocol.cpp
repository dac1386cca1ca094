#include "sage/serving/json_protocol.hpp"

namespace sage::serving {

std::optional<http_problem> check_json_body(const server_request& request) {
  std::string_view type = request.header("content-type");
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  if (equal_without_case(type, "application/json")) return std::nullopt;
  http_problem problem;
  problem.status = 415;
  problem.message = "the body must be JSON, and say so: Content-Type: application/json";
  problem.code = "unsupported_media_type";
  return problem;
}

http_problem body_problem(const decode_problem& problem) {
  http_problem told;
  told.status = problem.code == errc::limit ? 413 : 400;
  told.message = "the body: " + std::string(problem.to_error().what());
  told.param = problem.path;
  told.code = "invalid_body";
  return told;
}

}  // namespace sage::serving
