/*
 * Makes calls of a program to its disk fail, to be preloaded (LD_PRELOAD) into a server under test. The file named by
 * FAULTS has one fault a line: the kind of call, a part of the path, and the error's number. It is read at each call,
 * so faults begin and end while the program runs:
 *
 *     sync kontor.db-wal 5
 *
 * Kinds: open (for anything), create (open with O_CREAT), read, write, sync, truncate, rename, unlink, mkdir.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* The real function of this name. */
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* The error that a call must fail with, or 0. Touches the disk by system calls only, or it would ask about itself. */
static int fault(const char *kind, const char *path) {
  const char *file = getenv("FAULTS");
  if (file == NULL || path == NULL) return 0;
  int fd = syscall(SYS_openat, AT_FDCWD, file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  char text[4096];
  long length = syscall(SYS_read, fd, text, sizeof text - 1);
  syscall(SYS_close, fd);
  if (length <= 0) return 0;
  text[length] = 0;
  char *rest = NULL;
  for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
    char its_kind[32], part[1024];
    int error;
    if (sscanf(line, "%31s %1023s %d", its_kind, part, &error) != 3) continue;
    if (strcmp(its_kind, kind) == 0 && strstr(path, part) != NULL) return error;
  }
  return 0;
}

static int fault_of_file(const char *kind, int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  long length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  return fault(kind, path);
}

#define FAIL_IF(error)                                                                                                 \
  do {                                                                                                                 \
    int failed = (error);                                                                                              \
    if (failed != 0) {                                                                                                 \
      errno = failed;                                                                                                  \
      return -1;                                                                                                       \
    }                                                                                                                  \
  } while (0)

#define ON_FILE(result, name, kind, parameters, arguments)                                                             \
  result name parameters {                                                                                             \
    FAIL_IF(fault_of_file(kind, fd));                                                                                  \
    return REAL(name) arguments;                                                                                       \
  }

ON_FILE(ssize_t, read, "read", (int fd, void *to, size_t size), (fd, to, size))
ON_FILE(ssize_t, pread, "read", (int fd, void *to, size_t size, off_t at), (fd, to, size, at))
ON_FILE(ssize_t, pread64, "read", (int fd, void *to, size_t size, off64_t at), (fd, to, size, at))
ON_FILE(ssize_t, preadv, "read", (int fd, const struct iovec *to, int count, off_t at), (fd, to, count, at))
ON_FILE(ssize_t, preadv64, "read", (int fd, const struct iovec *to, int count, off64_t at), (fd, to, count, at))
ON_FILE(ssize_t, write, "write", (int fd, const void *from, size_t size), (fd, from, size))
ON_FILE(ssize_t, pwrite, "write", (int fd, const void *from, size_t size, off_t at), (fd, from, size, at))
ON_FILE(ssize_t, pwrite64, "write", (int fd, const void *from, size_t size, off64_t at), (fd, from, size, at))
ON_FILE(ssize_t, writev, "write", (int fd, const struct iovec *from, int count), (fd, from, count))
ON_FILE(ssize_t, pwritev, "write", (int fd, const struct iovec *from, int count, off_t at), (fd, from, count, at))
ON_FILE(ssize_t, pwritev64, "write", (int fd, const struct iovec *from, int count, off64_t at), (fd, from, count, at))
ON_FILE(int, fsync, "sync", (int fd), (fd))
ON_FILE(int, fdatasync, "sync", (int fd), (fd))
ON_FILE(int, ftruncate, "truncate", (int fd, off_t size), (fd, size))
ON_FILE(int, ftruncate64, "truncate", (int fd, off64_t size), (fd, size))

int rename(const char *from, const char *to) {
  FAIL_IF(fault("rename", to));
  return REAL(rename)(from, to);
}

int unlink(const char *path) {
  FAIL_IF(fault("unlink", path));
  return REAL(unlink)(path);
}

int mkdir(const char *path, mode_t mode) {
  FAIL_IF(fault("mkdir", path));
  return REAL(mkdir)(path, mode);
}

#define OPENING(name)                                                                                                  \
  int name(const char *path, int flags, ...) {                                                                         \
    va_list rest;                                                                                                      \
    va_start(rest, flags);                                                                                             \
    mode_t mode = va_arg(rest, mode_t);                                                                                \
    va_end(rest);                                                                                                      \
    FAIL_IF(fault("open", path));                                                                                      \
    if ((flags & O_CREAT) != 0) FAIL_IF(fault("create", path));                                                        \
    return REAL(name)(path, flags, mode);                                                                              \
  }

OPENING(open)
OPENING(open64)
