/*
 * Loaded into a process with LD_PRELOAD, this records what the process does to the files below one folder: every name
 * made, moved or removed, every write with its bytes, every change of a size, every sync with its beginning and end.
 *
 *   POWER_ROOT  the folder, an absolute path without symbolic links
 *   POWER_LOG   the file that the records are added to; read by recording.ts, which knows the same format
 *
 * A change and its record happen under one lock, which all processes with the same log share, so that the log has them
 * in the order in which they happened. A sync is not held by the lock: what is written while it lasts stands between
 * its two records. What a process does that cannot be followed here is recorded too, and makes the log unusable.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { CREATE = 1, MKDIR, WRITE, RESIZE, RENAME, LINK, REMOVE, SYNC_BEGIN, SYNC_END, UNKNOWN };

/* Little-endian and without gaps, followed by the paths and the bytes. */
struct __attribute__((packed)) record {
  uint32_t length;
  uint8_t kind;
  /* Of the file or folder: a number may come again after a file is gone, but then it is created first. */
  uint64_t inode;
  /* WRITE: where. RESIZE: how large. SYNC_…: which sync. */
  uint64_t number;
  uint32_t path_length;
  uint32_t other_path_length;
};

typedef char path_buffer[PATH_MAX * 2];

static char root[PATH_MAX];
static size_t root_length;
static int log_fd = -1;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static atomic_uint syncs;

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name) {
  void *symbol = dlsym(RTLD_NEXT, name);
  if (symbol == NULL) {
    fprintf(stderr, "record-files: there is no %s\n", name);
    abort();
  }
  return symbol;
}

__attribute__((constructor)) static void begin(void) {
  const char *folder = getenv("POWER_ROOT"), *log = getenv("POWER_LOG");
  if (folder == NULL || log == NULL) return;
  snprintf(root, sizeof root, "%s", folder);
  log_fd = REAL(open)(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log_fd < 0) {
    perror("record-files: the log cannot be opened");
    abort();
  }
  root_length = strlen(root);
}

static void lock(void) {
  pthread_mutex_lock(&mutex);
  while (flock(log_fd, LOCK_EX) != 0);
}

static void unlock(void) {
  int error = errno;
  flock(log_fd, LOCK_UN);
  pthread_mutex_unlock(&mutex);
  errno = error;
}

static int is_below_root(const char *path) {
  return root_length > 0 && strncmp(path, root, root_length) == 0 && (path[root_length] == '/' || path[root_length] == 0);
}

/* True for a path in the folder; `absolute` is then where it is. */
static int find_path(int folder_fd, const char *path, path_buffer absolute) {
  if (root_length == 0 || path == NULL) return 0;
  char folder[PATH_MAX] = "";
  if (path[0] != '/') {
    char link[64];
    if (folder_fd == AT_FDCWD) snprintf(link, sizeof link, "/proc/self/cwd");
    else snprintf(link, sizeof link, "/proc/self/fd/%d", folder_fd);
    int error = errno;
    ssize_t length = readlink(link, folder, sizeof folder - 1);
    errno = error;
    if (length < 0) return 0;
    folder[length] = 0;
  }
  snprintf(absolute, sizeof(path_buffer), "%s%s%s", folder, folder[0] == 0 ? "" : "/", path);
  return is_below_root(absolute);
}

/* True for an open file or folder that lies in the folder, or did before it was removed. */
static int find_file(int fd, struct stat *facts) {
  if (root_length == 0) return 0;
  int error = errno;
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  int found = 0;
  if (length > 0) {
    path[length] = 0;
    found = is_below_root(path) && fstat(fd, facts) == 0;
  }
  errno = error;
  return found;
}

static uint64_t inode_at(const char *path) {
  struct stat facts;
  int error = errno;
  uint64_t inode = lstat(path, &facts) == 0 ? facts.st_ino : 0;
  errno = error;
  return inode;
}

/* To be called with the lock held. The bytes are the first `size` ones of `chunks`. */
static void record(enum kind kind, uint64_t inode, uint64_t number, const char *path, const char *other_path,
                   const struct iovec *chunks, int chunk_count, size_t size) {
  int error = errno;
  size_t path_length = path == NULL ? 0 : strlen(path), other_length = other_path == NULL ? 0 : strlen(other_path);
  struct record header = {
    .length = (uint32_t)(sizeof header + path_length + other_length + size),
    .kind = (uint8_t)kind,
    .inode = inode,
    .number = number,
    .path_length = (uint32_t)path_length,
    .other_path_length = (uint32_t)other_length,
  };
  /* In one piece: whoever looks how long the log is must not find half a record. */
  char *bytes = malloc(header.length), *end = bytes;
  if (bytes == NULL) abort();
  end = mempcpy(end, &header, sizeof header);
  end = mempcpy(end, path, path_length);
  end = mempcpy(end, other_path, other_length);
  for (int index = 0; index < chunk_count && size > 0; index++) {
    size_t part = chunks[index].iov_len < size ? chunks[index].iov_len : size;
    end = mempcpy(end, chunks[index].iov_base, part);
    size -= part;
  }
  if (REAL(write)(log_fd, bytes, header.length) != (ssize_t)header.length) {
    perror("record-files: the log cannot be written");
    abort();
  }
  free(bytes);
  errno = error;
}

static void record_write(int fd, uint64_t inode, off_t offset, const struct iovec *chunks, int count, ssize_t written) {
  /* Without an offset of its own, a write has moved the file's to its end. */
  if (offset < 0) offset = lseek(fd, 0, SEEK_CUR) - written;
  if (written > 0) record(WRITE, inode, (uint64_t)offset, NULL, NULL, chunks, count, (size_t)written);
}

static void record_unknown(const char *what, const char *path) {
  record(UNKNOWN, 0, 0, what, path, NULL, 0, 0);
}

/* Names */

static int open_recorded(int folder_fd, const char *path, int flags, mode_t mode) {
  path_buffer absolute;
  __typeof__(&openat) real_openat = REAL(openat);
  if (!(flags & (O_CREAT | O_TRUNC)) && (flags & O_TMPFILE) != O_TMPFILE) return real_openat(folder_fd, path, flags, mode);
  if (!find_path(folder_fd, path, absolute)) return real_openat(folder_fd, path, flags, mode);
  lock();
  if ((flags & O_TMPFILE) == O_TMPFILE) record_unknown("O_TMPFILE", absolute);
  uint64_t before = inode_at(absolute);
  int fd = real_openat(folder_fd, path, flags, mode);
  if (fd >= 0 && before == 0) record(CREATE, inode_at(absolute), 0, absolute, NULL, NULL, 0, 0);
  else if (fd >= 0 && (flags & O_TRUNC)) record(RESIZE, before, 0, NULL, NULL, NULL, 0, 0);
  unlock();
  return fd;
}

#define MODE_OF(flags)                                             \
  mode_t mode = 0;                                                 \
  if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE) {     \
    va_list rest;                                                  \
    va_start(rest, flags);                                         \
    mode = va_arg(rest, mode_t);                                   \
    va_end(rest);                                                  \
  }

int open(const char *path, int flags, ...) {
  MODE_OF(flags)
  return open_recorded(AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  MODE_OF(flags)
  return open_recorded(AT_FDCWD, path, flags, mode);
}
int openat(int folder_fd, const char *path, int flags, ...) {
  MODE_OF(flags)
  return open_recorded(folder_fd, path, flags, mode);
}
int openat64(int folder_fd, const char *path, int flags, ...) {
  MODE_OF(flags)
  return open_recorded(folder_fd, path, flags, mode);
}
int creat(const char *path, mode_t mode) { return open_recorded(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return open_recorded(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

int mkdirat(int folder_fd, const char *path, mode_t mode) {
  path_buffer absolute;
  if (!find_path(folder_fd, path, absolute)) return REAL(mkdirat)(folder_fd, path, mode);
  lock();
  int result = REAL(mkdirat)(folder_fd, path, mode);
  if (result == 0) record(MKDIR, inode_at(absolute), 0, absolute, NULL, NULL, 0, 0);
  unlock();
  return result;
}
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

static int rename_recorded(int from_fd, const char *from, int to_fd, const char *to, unsigned flags) {
  path_buffer old_path, new_path;
  int was_inside = find_path(from_fd, from, old_path), is_inside = find_path(to_fd, to, new_path);
  if (!was_inside && !is_inside) return REAL(renameat2)(from_fd, from, to_fd, to, flags);
  lock();
  if (!was_inside || !is_inside || (flags & ~(unsigned)RENAME_NOREPLACE)) record_unknown("rename", is_inside ? new_path : old_path);
  int result = REAL(renameat2)(from_fd, from, to_fd, to, flags);
  if (result == 0) record(RENAME, 0, 0, old_path, new_path, NULL, 0, 0);
  unlock();
  return result;
}
int rename(const char *from, const char *to) { return rename_recorded(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int from_fd, const char *from, int to_fd, const char *to) { return rename_recorded(from_fd, from, to_fd, to, 0); }
int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags) {
  return rename_recorded(from_fd, from, to_fd, to, flags);
}

int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags) {
  path_buffer old_path, new_path;
  int is_inside = find_path(to_fd, to, new_path);
  if (!is_inside) return REAL(linkat)(from_fd, from, to_fd, to, flags);
  lock();
  if (!find_path(from_fd, from, old_path)) record_unknown("link", new_path);
  int result = REAL(linkat)(from_fd, from, to_fd, to, flags);
  if (result == 0) record(LINK, 0, 0, old_path, new_path, NULL, 0, 0);
  unlock();
  return result;
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

int symlinkat(const char *target, int folder_fd, const char *path) {
  path_buffer absolute;
  if (find_path(folder_fd, path, absolute)) {
    lock();
    record_unknown("symlink", absolute);
    unlock();
  }
  return REAL(symlinkat)(target, folder_fd, path);
}
int symlink(const char *target, const char *path) { return symlinkat(target, AT_FDCWD, path); }

int unlinkat(int folder_fd, const char *path, int flags) {
  path_buffer absolute;
  if (!find_path(folder_fd, path, absolute)) return REAL(unlinkat)(folder_fd, path, flags);
  lock();
  int result = REAL(unlinkat)(folder_fd, path, flags);
  if (result == 0) record(REMOVE, 0, 0, absolute, NULL, NULL, 0, 0);
  unlock();
  return result;
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }
int remove(const char *path) {
  int result = unlink(path);
  return result == 0 || errno != EISDIR ? result : rmdir(path);
}

/* Bytes and sizes */

#define RECORD_WRITE(fd, offset, chunks, count, call)                       \
  struct stat facts;                                                        \
  if (!find_file(fd, &facts)) return call;                                  \
  lock();                                                                   \
  ssize_t written = call;                                                   \
  record_write(fd, facts.st_ino, offset, chunks, count, written);           \
  unlock();                                                                 \
  return written;

ssize_t write(int fd, const void *bytes, size_t size) {
  struct iovec chunk = {(void *)bytes, size};
  RECORD_WRITE(fd, -1, &chunk, 1, REAL(write)(fd, bytes, size))
}
ssize_t writev(int fd, const struct iovec *chunks, int count) {
  RECORD_WRITE(fd, -1, chunks, count, REAL(writev)(fd, chunks, count))
}
ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset) {
  struct iovec chunk = {(void *)bytes, size};
  RECORD_WRITE(fd, offset, &chunk, 1, REAL(pwrite)(fd, bytes, size, offset))
}
ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t offset) { return pwrite(fd, bytes, size, offset); }
ssize_t pwritev(int fd, const struct iovec *chunks, int count, off_t offset) {
  RECORD_WRITE(fd, offset, chunks, count, REAL(pwritev)(fd, chunks, count, offset))
}
ssize_t pwritev64(int fd, const struct iovec *chunks, int count, off_t offset) { return pwritev(fd, chunks, count, offset); }
ssize_t pwritev2(int fd, const struct iovec *chunks, int count, off_t offset, int flags) {
  RECORD_WRITE(fd, offset, chunks, count, REAL(pwritev2)(fd, chunks, count, offset, flags))
}

/* What the kernel copied by itself is read back. */
static void record_copied(int fd, uint64_t inode, off_t offset, ssize_t size) {
  if (size <= 0) return;
  char path[64], *bytes = malloc((size_t)size);
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  int readable = REAL(open)(path, O_RDONLY | O_CLOEXEC);
  if (bytes != NULL && readable >= 0 && pread(readable, bytes, (size_t)size, offset) == size) {
    struct iovec chunk = {bytes, (size_t)size};
    record_write(fd, inode, offset, &chunk, 1, size);
  } else record_unknown("copy", path);
  if (readable >= 0) close(readable);
  free(bytes);
}

ssize_t sendfile(int to, int from, off_t *offset, size_t size) {
  struct stat facts;
  if (!find_file(to, &facts)) return REAL(sendfile)(to, from, offset, size);
  lock();
  ssize_t sent = REAL(sendfile)(to, from, offset, size);
  if (sent > 0) record_copied(to, facts.st_ino, lseek(to, 0, SEEK_CUR) - sent, sent);
  unlock();
  return sent;
}
ssize_t sendfile64(int to, int from, off_t *offset, size_t size) { return sendfile(to, from, offset, size); }

ssize_t copy_file_range(int from, off_t *from_offset, int to, off_t *to_offset, size_t size, unsigned flags) {
  struct stat facts;
  if (!find_file(to, &facts)) return REAL(copy_file_range)(from, from_offset, to, to_offset, size, flags);
  lock();
  ssize_t copied = REAL(copy_file_range)(from, from_offset, to, to_offset, size, flags);
  if (copied > 0) {
    off_t end = to_offset == NULL ? lseek(to, 0, SEEK_CUR) : *to_offset;
    record_copied(to, facts.st_ino, end - copied, copied);
  }
  unlock();
  return copied;
}

int ftruncate(int fd, off_t size) {
  struct stat facts;
  if (!find_file(fd, &facts)) return REAL(ftruncate)(fd, size);
  lock();
  int result = REAL(ftruncate)(fd, size);
  if (result == 0) record(RESIZE, facts.st_ino, (uint64_t)size, NULL, NULL, NULL, 0, 0);
  unlock();
  return result;
}
int ftruncate64(int fd, off_t size) { return ftruncate(fd, size); }

int truncate(const char *path, off_t size) {
  path_buffer absolute;
  if (!find_path(AT_FDCWD, path, absolute)) return REAL(truncate)(path, size);
  lock();
  int result = REAL(truncate)(path, size);
  if (result == 0) record(RESIZE, inode_at(absolute), (uint64_t)size, NULL, NULL, NULL, 0, 0);
  unlock();
  return result;
}
int truncate64(const char *path, off_t size) { return truncate(path, size); }

#define RECORD_ALLOCATION(fd, is_plain, call)                                                                        \
  struct stat before, after;                                                                                         \
  if (!find_file(fd, &before)) return call;                                                                          \
  lock();                                                                                                            \
  fstat(fd, &before);                                                                                                \
  int result = call;                                                                                                 \
  if (!(is_plain)) record_unknown("fallocate", NULL);                                                                \
  else if (result == 0 && fstat(fd, &after) == 0 && after.st_size != before.st_size)                                 \
    record(RESIZE, after.st_ino, (uint64_t)after.st_size, NULL, NULL, NULL, 0, 0);                                   \
  unlock();                                                                                                          \
  return result;

int fallocate(int fd, int mode, off_t offset, off_t size) {
  RECORD_ALLOCATION(fd, (mode & ~FALLOC_FL_KEEP_SIZE) == 0, REAL(fallocate)(fd, mode, offset, size))
}
int fallocate64(int fd, int mode, off_t offset, off_t size) { return fallocate(fd, mode, offset, size); }
int posix_fallocate(int fd, off_t offset, off_t size) {
  RECORD_ALLOCATION(fd, 1, REAL(posix_fallocate)(fd, offset, size))
}
int posix_fallocate64(int fd, off_t offset, off_t size) { return posix_fallocate(fd, offset, size); }

/* Syncs */

#define RECORD_SYNC(fd, call)                                                                                        \
  struct stat facts;                                                                                                 \
  if (!find_file(fd, &facts)) return call;                                                                           \
  uint64_t sync_number = (uint64_t)getpid() << 32 | atomic_fetch_add(&syncs, 1);                                     \
  lock();                                                                                                            \
  record(SYNC_BEGIN, facts.st_ino, sync_number, NULL, NULL, NULL, 0, 0);                                             \
  unlock();                                                                                                          \
  int result = call;                                                                                                 \
  lock();                                                                                                            \
  if (result == 0) record(SYNC_END, facts.st_ino, sync_number, NULL, NULL, NULL, 0, 0);                              \
  unlock();                                                                                                          \
  return result;

int fsync(int fd) { RECORD_SYNC(fd, REAL(fsync)(fd)) }
int fdatasync(int fd) { RECORD_SYNC(fd, REAL(fdatasync)(fd)) }

/* Ways around all this */

static void refuse_file(const char *what, const char *path) {
  path_buffer absolute;
  if (!find_path(AT_FDCWD, path, absolute)) return;
  lock();
  record_unknown(what, absolute);
  unlock();
}

FILE *fopen(const char *path, const char *mode) {
  if (strpbrk(mode, "wa+") != NULL) refuse_file("fopen", path);
  return REAL(fopen)(path, mode);
}
FILE *fopen64(const char *path, const char *mode) { return fopen(path, mode); }
int mkstemp(char *template) {
  refuse_file("mkstemp", template);
  return REAL(mkstemp)(template);
}
int mkstemp64(char *template) { return mkstemp(template); }
char *mkdtemp(char *template) {
  refuse_file("mkdtemp", template);
  return REAL(mkdtemp)(template);
}

void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset) {
  struct stat facts;
  char link[64], path[PATH_MAX] = "";
  if (fd >= 0 && (flags & MAP_SHARED) && (protection & PROT_WRITE) && find_file(fd, &facts)) {
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    /* SQLite's index of its log, which it makes anew when the first process opens it. */
    if (length < 4 || strcmp(path + length - 4, "-shm") != 0) {
      lock();
      record_unknown("mmap", path);
      unlock();
    }
  }
  return REAL(mmap)(address, size, protection, flags, fd, offset);
}
void *mmap64(void *address, size_t size, int protection, int flags, int fd, off_t offset) {
  return mmap(address, size, protection, flags, fd, offset);
}

/* libuv makes some calls by their numbers. */
long syscall(long number, ...) {
  long arguments[6];
  va_list rest;
  va_start(rest, number);
  for (int index = 0; index < 6; index++) arguments[index] = va_arg(rest, long);
  va_end(rest);
  switch (number) {
    case SYS_io_uring_setup:
      errno = ENOSYS;
      return -1;
    case SYS_copy_file_range:
      return copy_file_range((int)arguments[0], (off_t *)arguments[1], (int)arguments[2], (off_t *)arguments[3],
                             (size_t)arguments[4], (unsigned)arguments[5]);
    default:
      return REAL(syscall)(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
  }
}
