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
constexpr auto macros = std::to_array<inline_macro>({
    {"Ac", ">", ""},       {"Ad", "", ""},        {"An", "", ""},     {"Ao", "<", ""},
    {"Ap", "'", ""},       {"Aq", "<", ">"},      {"Ar", "", ""},     {"At", "AT&T UNIX", ""},
    {"Bc", "]", ""},       {"Bo", "[", ""},       {"Bq", "[", "]"},   {"Brq", "{", "}"},
    {"Bsx", "BSD/OS", ""}, {"Bx", "BSD", ""},     {"Cd", "", ""},     {"Cm", "", ""},
    {"Dc", "”", ""},       {"Dl", "", ""},        {"Do", "“", ""},    {"Dq", "“", "”"},
    {"Dv", "", ""},        {"Em", "", ""},        {"Er", "", ""},     {"Ev", "", ""},
    {"Fa", "", ""},        {"Fd", "", ""},        {"Fl", "-", ""},    {"Fn", "", ""},
    {"Ft", "", ""},        {"Fx", "FreeBSD", ""}, {"Ic", "", ""},     {"In", "#include <", ">"},
    {"Lb", "", ""},        {"Li", "", ""},        {"Lk", "", ""},     {"Ms", "", ""},
    {"Mt", "", ""},        {"Nd", "— ", ""},      {"Nm", "", ""},     {"No", "", ""},
    {"Ns", "", ""},        {"Nx", "NetBSD", ""},  {"Oc", "]", ""},    {"Oo", "[", ""},
    {"Op", "[", "]"},      {"Ox", "OpenBSD", ""}, {"Pa", "", ""},     {"Pc", ")", ""},
    {"Pf", "", ""},        {"Po", "(", ""},       {"Pq", "(", ")"},   {"Qc", "\"", ""},
    {"Ql", "‘", "’"},      {"Qo", "\"", ""},      {"Qq", "\"", "\""}, {"Re", "", ""},
    {"Rs", "", ""},        {"Sc", "’", ""},       {"So", "‘", ""},    {"Sq", "‘", "’"},
    {"St", "", ""},        {"Sx", "", ""},        {"Sy", "", ""},     {"Tn", "", ""},
    {"Ux", "UNIX", ""},    {"Va", "", ""},        {"Vt", "", ""},     {"Xc", "", ""},
    {"Xo", "", ""},        {"Xr", "", ""},        {"Es", "", ""},
});

/// Closing halves such as `Oc` follow without a space, and so does a joiner.
bool is_closing_macro(std::string_view name) {
  return name == "Ns" || name == "Ap" || (name.size() == 2 && name[1] == 'c' && name != "Ic" && name != "Xc");
}

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
    if (is_closing_macro(macro.name)) is_joined_ = true;
    if (!macro.before.empty()) {
      put(macro.before);
      is_joined_ = !is_closing_macro(macro.name) || macro.name == "Ap";
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

  /// Writes the closing marks of all quotations that are open.
  void close() {
    for (; !closing_.empty(); closing_.pop_back()) out_.append(closing_.back());
  }

  std::string take() { return std::move(out_); }

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
  // Punctuation at the end of the line stands behind the closing quotes.
  auto end = arguments.size();
  while (end > at && is_closing_mark(arguments[end - 1])) --end;
  while (at < end) {
    const auto& argument = arguments[at++];
    if (const auto* inner = find_macro(argument)) {
      writer.write(*inner, arguments, at);
    } else {
      writer.put(argument);
    }
  }
  writer.close();
  for (end = std::max(end, at); end < arguments.size(); ++end) writer.put(arguments[end]);
  return writer.take();
}

}  // namespace ask::text
