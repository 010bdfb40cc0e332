// Included before everything else where Debian's libstdc++ headers, made for glibc, are used with
// musl's C headers. They then use nothing that only glibc has.
#include <features.h>

#define __GLIBC_PREREQ(major, minor) 0
// No weak references to pthread functions, by which libstdc++ would take a process for one of a
// single thread.
#define GTHREAD_USE_WEAK 0

#ifdef __cplusplus
#include <bits/c++config.h>
#include <locale.h>

typedef locale_t __locale_t;

#undef _GLIBCXX_USE_PTHREAD_COND_CLOCKWAIT
#undef _GLIBCXX_USE_PTHREAD_MUTEX_CLOCKLOCK
#endif
