#include "sage/serving/http_problem.hpp"

#include "sage/model/json_writer.hpp"

namespace sage::serving {

namespace {

void write_text_or_null(json_writer& to, std::string_view text) {
  if (text.empty()) {
    to.write_null();
  } else {
    to.write_string(text);
  }
}

}  // namespace

std::string_view problem_type(int status) noexcept {
  switch (status) {
    case 401: return "authentication_error";
    case 403: return "permission_error";
    case 404: return "not_found_error";
    case 429: return "rate_limit_error";
    default: return status < 500 ? "invalid_request_error" : "server_error";
  }
}

std::string http_problem::to_json() const {
  std::string text;
  json_writer out(text, json_form::shown);
  out.begin_map(1);
  out.write_key("error");
  out.begin_map(4);
  out.write_key("message");
  out.write_string(message);
  out.write_key("type");
  out.write_string(problem_type(status));
  out.write_key("param");
  write_text_or_null(out, param);
  out.write_key("code");
  write_text_or_null(out, code);
  out.end_map();
  out.end_map();
  return text;
}

}  // namespace sage::serving
