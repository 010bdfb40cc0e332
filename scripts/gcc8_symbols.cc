// Linked into the prebuilds only: what the headers of newer GCCs call and the libstdc++ of GCC 8
// does not have. (Linking libstdc++ statically would ask for a newer glibc instead.)
#include <stdlib.h>

namespace std {

// Since GCC 11, called by containers for a length that no allocation can have. It would throw, and
// the addon is built without exceptions: either way the process ends.
[[noreturn]] void __throw_bad_array_new_length();
void __throw_bad_array_new_length() { abort(); }

}  // namespace std
