// The only way this addon holds libuv handles. libuv closes a handle at the next turn of its
// loop, so the memory belongs to the close callback, not to the object that used the handle.
#ifndef RONDO_BASE_UV_HANDLE_H_
#define RONDO_BASE_UV_HANDLE_H_

#include <uv.h>

#include <utility>

namespace rondo {

template <typename Handle>
class UvHandle {
 public:
  UvHandle() = default;
  UvHandle(UvHandle&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  UvHandle& operator=(UvHandle&& other) noexcept {
    if (this != &other) {
      Close();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  UvHandle(const UvHandle&) = delete;
  UvHandle& operator=(const UvHandle&) = delete;
  ~UvHandle() { Close(); }

  // `init(handle)` is one of libuv's uv_*_init; on error nothing is held. Returns its result.
  template <typename Init>
  int Open(void* data, Init init) {
    Close();
    Handle* const handle = new Handle();
    const int result = init(handle);
    if (result < 0) {
      delete handle;
      return result;
    }
    handle->data = data;
    handle_ = handle;
    return 0;
  }

  // On the loop's thread. No callback of the handle runs after this; a polled fd may be closed.
  void Close() {
    Handle* const handle = std::exchange(handle_, nullptr);
    if (handle == nullptr) return;
    uv_close(reinterpret_cast<uv_handle_t*>(handle),
             [](uv_handle_t* closed) { delete reinterpret_cast<Handle*>(closed); });
  }

  Handle* get() const { return handle_; }
  uv_handle_t* base() const { return reinterpret_cast<uv_handle_t*>(handle_); }
  explicit operator bool() const { return handle_ != nullptr; }

 private:
  Handle* handle_ = nullptr;
};

}  // namespace rondo

#endif  // RONDO_BASE_UV_HANDLE_H_
