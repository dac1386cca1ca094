#include "ask/text/mdoc.hpp"

#include <algorithm>
#include <array>

namespace ask::text {

namespace {

struct inline_macro {
  std::string_view name;
  std::string_view before;  ///< printed before its arguments
  std::string_view after;   ///< printed at the end of the line (of a quotation: its closing mark)
};

// Macros that print nothing of their own print their arguments.
constexpr std::array<inline_macro, 58> macros{{
    {"Ad", "", ""},          {"An", "", ""},     {"Ao", "<", ""},
    {"Ap", "'", ""},         {"Aq", "<", ">"},   {"Ar", "", ""},
    {"At", "AT&T UNIX", ""}, {"Bq", "[", "]"},   {"Brq", "{", "}"},
    {"Bsx", "BSD/OS", ""},   {"Bx", "BSD", ""},  {"Cd", "", ""},
    {"Cm", "", ""},          {"Dl", "", ""},     {"Dq", "“", "”"},
    {"Dv", "", ""},          {"Em", "", ""},     {"Er", "", ""},
    {"Ev", "", ""},          {"Fa", "", ""},     {"Fd", "", ""},
    {"Fl", "-", ""},         {"Fn", "", ""},     {"Ft", "", ""},
    {"Fx", "FreeBSD", ""},   {"Ic", "", ""},     {"In", "#include <", ">"},
    {"Li", "", ""},          {"Lk", "", ""},     {"Lb", "", ""},
    {"Ms", "", ""},          {"Mt", "", ""},     {"Nd", "— ", ""},
    {"Nm", "", ""},          {"No", "", ""},     {"Ns", "", ""},
    {"Nx", "NetBSD", ""},    {"Op", "[", "]"},   {"Ox", "OpenBSD", ""},
    {"Pa", "", ""},          {"Pf", "", ""},     {"Po", "(", ""},
    {"Pq", "(", ")"},        {"Ql", "‘", "’"},   {"Qq", "\"", "\""},
    {"Rs", "", ""},          {"Re", "", ""},     {"Sq", "‘", "’"},
    {"St", "", ""},          {"Sx", "", ""},     {"Sy", "", ""},
    {"Tn", "", ""},          {"Ux", "UNIX", ""}, {"Va", "", ""},
    {"Vt", "", ""},          {"Xr", "", ""},     {"Xc", "", ""},
    {"Xo", "", ""},
}};

const inline_macro* find_macro(std::string_view name) noexcept {
  const auto* found =
      std::find_if(macros.begin(), macros.end(), [&](const inline_macro& entry) { return entry.name == name; });
  return found == macros.end() ? nullptr : found;
}

bool is_closing_mark(std::string_view argument) {
  return argument.size() == 1 && std::string_view(".,:;)]?!").find(argument.front()) != std::string_view::npos;
}

class inline_writer {
 public:
  explicit inline_writer(std::string_view name) : name_(name) {}

  void write(const inline_macro& macro, const std::vector<std::string>& arguments, std::size_t& at) {
    if (macro.name == "Ns" || macro.name == "Ap") is_joined_ = true;
    if (!macro.before.empty()) {
      put(macro.before);
      is_joined_ = macro.before.size() == 1 || macro.before.back() != ' ';
      if (!macro.after.empty()) closing_.emplace_back(macro.after);
    }
    const bool has_argument = at < arguments.size() && !is_closing_mark(arguments[at]);
    if (macro.name == "Nm" && !has_argument) put(name_);
    if (macro.name == "Xr" && at + 1 < arguments.size()) {
      put(arguments[at] + "(" + arguments[at + 1] + ")");
      at += 2;
    }
    if (macro.name == "Fn" && has_argument) put(arguments[at++] + "()");
  }

  void put(std::string_view text) {
    if (text.empty()) return;
    if (!out_.empty() && !is_joined_ && !is_closing_mark(text)) out_.push_back(' ');
    out_.append(text);
    is_joined_ = text == "(" || text == "[";
  }

  std::string take() {
    while (!closing_.empty()) {
      out_.append(closing_.back());
      closing_.pop_back();
    }
    return std::move(out_);
  }

  void close_before_mark(std::string_view mark) {
    while (!closing_.empty()) {
      out_.append(closing_.back());
      closing_.pop_back();
    }
    put(mark);
  }

 private:
  std::string_view name_;
  std::string out_;
  std::vector<std::string_view> closing_;
  bool is_joined_ = false;
};

}  // namespace

bool is_mdoc_inline(std::string_view macro) noexcept {
  return find_macro(macro) != nullptr;
}

std::string mdoc_inline(std::string_view macro, const std::vector<std::string>& arguments, std::string_view name) {
  inline_writer writer(name);
  std::size_t at = 0;
  if (const auto* first = find_macro(macro)) writer.write(*first, arguments, at);
  while (at < arguments.size()) {
    const auto& argument = arguments[at++];
    const bool is_last = at == arguments.size();
    if (const auto* inner = find_macro(argument)) {
      writer.write(*inner, arguments, at);
    } else if (is_last && is_closing_mark(argument)) {
      writer.close_before_mark(argument);
    } else {
      writer.put(argument);
    }
  }
  return writer.take();
}

}  // namespace ask::text
