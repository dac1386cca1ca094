/// Holds a value that may never leave the process in readable form: a password, a token, a key.
#pragma once

#include <optional>
#include <type_traits>
#include <utility>

namespace sage {

/// A value without a printer and without a codec. As a field of a described struct it is left out of msgpack,
/// JSON and CSV (so it has its default on the other side) and is `"***"` in shown forms. Only `reveal()` gives
/// it out, which makes every such place easy to find.
template <class T>
class secret {
 public:
  using value_type = T;

  secret() = default;
  secret(T value) : value_(std::move(value)) {}  // NOLINT: putting a value in is harmless

  [[nodiscard]] const T& reveal() const noexcept { return value_; }

  friend bool operator==(const secret&, const secret&) = default;

  template <class Stream>
  friend Stream& operator<<(Stream&, const secret&) = delete;

 private:
  T value_{};
};

template <class T>
struct is_secret : std::false_type {};
template <class T>
struct is_secret<secret<T>> : std::true_type {};
template <class T>
struct is_secret<std::optional<secret<T>>> : std::true_type {};

/// True for `secret<T>` and `std::optional<secret<T>>`: what encoders leave out.
template <class T>
inline constexpr bool is_secret_v = is_secret<T>::value;

}  // namespace sage
