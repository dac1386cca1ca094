/// A counted reference to an object that counts its own owners: one pointer wide, one allocation.
#pragma once

#include <utility>

namespace sage {

/// Owns one share of a `T` that offers `acquire()` and `release()` (both noexcept). Copying shares, moving hands
/// over. Thread-safe as far as the object's own counter is.
template <class T>
class ref {
 public:
  ref() noexcept = default;
  /// Takes over a share that the caller holds.
  static ref adopt(T* object) noexcept {
    ref taken;
    taken.object_ = object;
    return taken;
  }
  /// One more share of an object that somebody holds; of null, null.
  static ref share(T* object) noexcept {
    if (object) object->acquire();
    return adopt(object);
  }
  ref(const ref& other) noexcept : object_(other.object_) {
    if (object_) object_->acquire();
  }
  ref(ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  ref& operator=(ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~ref() {
    if (object_) object_->release();
  }

  /// Gives the share to the caller, who adopts it elsewhere.
  [[nodiscard]] T* detach() noexcept { return std::exchange(object_, nullptr); }
  void reset() noexcept { *this = ref(); }
  [[nodiscard]] T* get() const noexcept { return object_; }
  T& operator*() const noexcept { return *object_; }
  T* operator->() const noexcept { return object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }
  friend bool operator==(const ref& a, const ref& b) noexcept { return a.object_ == b.object_; }

 private:
  T* object_ = nullptr;
};

}  // namespace sage
