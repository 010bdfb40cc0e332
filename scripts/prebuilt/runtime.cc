// Linked into the prebuilt addons only: what they need of the C++ library and have not from its
// headers. So they need no libstdc++ of the system, neither an old one nor, on Alpine, one at all.
// (Linking libstdc++ statically would ask for a newer glibc.) The rest, trees and lists and the
// growth of hash tables, are three object files of libstdc++.a that need nothing themselves; see
// scripts/prebuild.mjs.
//
// The addon is built without exceptions: what would be thrown ends the process, here as there.
#include <stddef.h>
#include <stdlib.h>

#include <memory>
#include <new>
#include <string>

// In libstdc++ it reads a variable of glibc 2.32: whether atomic operations can be left out. They
// never are.
extern "C" char __libc_single_threaded;
char __libc_single_threaded = 0;

extern "C" [[noreturn]] void __cxa_pure_virtual() { abort(); }

namespace {

void* AllocateOrAbort(size_t size) {
  void* memory = malloc(size == 0 ? 1 : size);
  if (memory == nullptr) abort();
  return memory;
}

}  // namespace

void* operator new(size_t size) { return AllocateOrAbort(size); }
void* operator new[](size_t size) { return AllocateOrAbort(size); }
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return malloc(size == 0 ? 1 : size);
}
void* operator new[](size_t size, const std::nothrow_t&) noexcept {
  return malloc(size == 0 ? 1 : size);
}
void operator delete(void* memory) noexcept { free(memory); }
void operator delete[](void* memory) noexcept { free(memory); }
void operator delete(void* memory, size_t) noexcept { free(memory); }
void operator delete[](void* memory, size_t) noexcept { free(memory); }

namespace std {

[[noreturn]] void __throw_bad_alloc() { abort(); }
[[noreturn]] void __throw_bad_array_new_length() { abort(); }
[[noreturn]] void __throw_bad_function_call() { abort(); }
[[noreturn]] void __throw_length_error(const char*) { abort(); }
[[noreturn]] void __throw_logic_error(const char*) { abort(); }
[[noreturn]] void __throw_out_of_range_fmt(const char*, ...) { abort(); }

// Without RTTI nothing has this type's type_info.
bool _Sp_make_shared_tag::_S_eq(const type_info&) noexcept { return false; }

// The headers leave its instances to libstdc++.
template class basic_string<char>;

}  // namespace std
