/// Names the fields of a struct and the values of an enum, once; every codec follows from it.
///
///     struct click { std::string user; std::int64_t time = 0; };
///     SAGE_DESCRIBE(click, user, time)
///
/// The macro stands beside the type, in the same namespace (any), after its definition. It declares one function
/// which is found by argument-dependent look-up; nothing is registered. Up to 256 fields. Fields of a base class
/// may be named too; a derived class is not described by the description of its base.
#pragma once

#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

namespace sage {

template <class Member>
struct member_types {};
template <class Owner, class Value>
struct member_types<Value Owner::*> {
  using owner = Owner;
  using value = Value;
};

/// One described field: its name, its type and where it is, the last two known at compile time.
template <auto Member>
struct field {
  static constexpr auto member = Member;
  using value_type = typename member_types<decltype(Member)>::value;

  std::string_view name;
};

/// One described value of an enum.
template <class Enum>
struct enumerator {
  std::string_view name;
  Enum value;
};

/// The described values of an enum in the order in which they were named.
template <class Enum, std::size_t Count>
struct enumerators {
  enumerator<Enum> list[Count];

  [[nodiscard]] constexpr const enumerator<Enum>* begin() const noexcept { return list; }
  [[nodiscard]] constexpr const enumerator<Enum>* end() const noexcept { return list + Count; }
};

/// Gathers what SAGE_DESCRIBE_ENUM names.
template <class Enum, std::size_t Count>
[[nodiscard]] constexpr enumerators<Enum, Count> make_enumerators(const enumerator<Enum> (&list)[Count]) noexcept {
  enumerators<Enum, Count> all{};
  for (std::size_t i = 0; i < Count; ++i) all.list[i] = list[i];
  return all;
}

/// Counts the fields it is given.
struct field_counter {
  template <class... Field>
  constexpr std::size_t operator()(const Field&...) const noexcept {
    return sizeof...(Field);
  }
};

/// A struct with SAGE_DESCRIBE beside it.
template <class T>
concept described = std::is_class_v<T> && requires(const T* type) {
  sage_describe(type, field_counter{});
};

/// An enum with SAGE_DESCRIBE_ENUM beside it.
template <class T>
concept described_enum = std::is_enum_v<T> && requires(const T* type) {
  sage_describe_enum(type);
};

/// A described enum that is read from more texts than its names (other cases, synonyms), and never from a number:
/// beside it stands `bool sage_enum_from_text(std::string_view text, Enum& value)`, which is asked about texts that
/// are no name.
template <class Enum>
concept liberal_enum = described_enum<Enum> && requires(std::string_view text, Enum& value) {
  { sage_enum_from_text(text, value) } -> std::same_as<bool>;
};

/// Calls `visitor(fields...)` once with all `field`s of `T` in order and returns what it returns: a parameter pack
/// compiles several times faster than a tuple.
template <described T, class Visitor>
constexpr decltype(auto) with_fields(Visitor&& visitor) {
  return sage_describe(static_cast<const T*>(nullptr), std::forward<Visitor>(visitor));
}

/// How many fields `T` has.
template <described T>
inline constexpr std::size_t field_count = with_fields<T>(field_counter{});

/// Calls `visitor(name, value)` for each field of `record` in order; const or not as the record is.
template <class Record, class Visitor>
requires described<std::remove_cvref_t<Record>>
constexpr void for_each_field(Record&& record, Visitor&& visitor) {
  with_fields<std::remove_cvref_t<Record>>(
      [&](const auto&... each) { (static_cast<void>(visitor(each.name, record.*(each.member))), ...); });
}

/// The described values of `Enum`.
template <described_enum Enum>
[[nodiscard]] constexpr auto enumerators_of() {
  return sage_describe_enum(static_cast<const Enum*>(nullptr));
}

/// The name of `value`, or an empty text for a value without one. O(values).
template <described_enum Enum>
[[nodiscard]] constexpr std::string_view enum_name(Enum value) noexcept {
  for (const auto& each : enumerators_of<Enum>()) {
    if (each.value == value) return each.name;
  }
  return {};
}

/// Sets `value` to the one called `name` and returns true; leaves it alone when there is none. O(values).
template <described_enum Enum>
[[nodiscard]] constexpr bool enum_from_name(std::string_view name, Enum& value) noexcept {
  for (const auto& each : enumerators_of<Enum>()) {
    if (each.name == name) {
      value = each.value;
      return true;
    }
  }
  return false;
}

}  // namespace sage

// Recursion for macros: every SAGE_EXPAND level rescans four times, 4^4 = 256 steps in all.
#define SAGE_PARENTHESES ()
#define SAGE_EXPAND(...) SAGE_EXPAND_4(SAGE_EXPAND_4(SAGE_EXPAND_4(SAGE_EXPAND_4(__VA_ARGS__))))
#define SAGE_EXPAND_4(...) SAGE_EXPAND_3(SAGE_EXPAND_3(SAGE_EXPAND_3(SAGE_EXPAND_3(__VA_ARGS__))))
#define SAGE_EXPAND_3(...) SAGE_EXPAND_2(SAGE_EXPAND_2(SAGE_EXPAND_2(SAGE_EXPAND_2(__VA_ARGS__))))
#define SAGE_EXPAND_2(...) SAGE_EXPAND_1(SAGE_EXPAND_1(SAGE_EXPAND_1(SAGE_EXPAND_1(__VA_ARGS__))))
#define SAGE_EXPAND_1(...) __VA_ARGS__

#define SAGE_FIELDS(type, name, ...) \
  ::sage::field<&type::name>{#name} __VA_OPT__(, SAGE_FIELDS_AGAIN SAGE_PARENTHESES(type, __VA_ARGS__))
#define SAGE_FIELDS_AGAIN() SAGE_FIELDS

#define SAGE_ENUMERATORS(type, name, ...) \
  ::sage::enumerator<type>{#name, type::name} __VA_OPT__(, SAGE_ENUMERATORS_AGAIN SAGE_PARENTHESES(type, __VA_ARGS__))
#define SAGE_ENUMERATORS_AGAIN() SAGE_ENUMERATORS

/// Describes a struct: `SAGE_DESCRIBE(type, field, ...)`.
#define SAGE_DESCRIBE(type, ...)                                                        \
  template <class SageType, class SageVisitor>                                          \
  requires std::is_same_v<SageType, type>                                               \
  constexpr decltype(auto) sage_describe(const SageType*, SageVisitor&& sage_visitor) { \
    return sage_visitor(__VA_OPT__(SAGE_EXPAND(SAGE_FIELDS(type, __VA_ARGS__))));       \
  }

/// Names the values of an enum: `SAGE_DESCRIBE_ENUM(type, value, ...)`. Codecs then use the names.
#define SAGE_DESCRIBE_ENUM(type, ...)                                                          \
  template <class SageType>                                                                    \
  requires std::is_same_v<SageType, type>                                                      \
  [[nodiscard]] constexpr auto sage_describe_enum(const SageType*) {                           \
    return ::sage::make_enumerators<type>({SAGE_EXPAND(SAGE_ENUMERATORS(type, __VA_ARGS__))}); \
  }
