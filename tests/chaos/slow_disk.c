/* LD_PRELOAD: a slow disk for the files below the folder $SLOW_DISK_FOLDER, while the file $SLOW_DISK_WHILE is there:
 * a sync takes $SLOW_DISK_SYNC_MS, and what was written to the file since its last sync $SLOW_DISK_BYTES_PER_MS. */
#define _GNU_SOURCE
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { FILES = 4096 };

static const char *folder, *while_there;
static long sync_ms, bytes_per_ms;
static atomic_long unsynced[FILES]; /* bytes, by file descriptor */

__attribute__((constructor)) static void start(void) {
  const char* ms = getenv("SLOW_DISK_SYNC_MS");
  const char* bytes = getenv("SLOW_DISK_BYTES_PER_MS");
  sync_ms = ms == NULL ? 0 : atol(ms);
  bytes_per_ms = bytes == NULL ? 0 : atol(bytes);
  while_there = getenv("SLOW_DISK_WHILE");
  folder = bytes_per_ms > 0 && while_there != NULL ? getenv("SLOW_DISK_FOLDER") : NULL;
}

static int below_folder(int fd) {
  char link[32] = "/proc/self/fd/", path[4096], digits[12];
  size_t count = 0, end = strlen(link);
  for (int rest = fd; rest > 0 || count == 0; rest /= 10) digits[count++] = (char)('0' + rest % 10);
  while (count > 0) link[end++] = digits[--count];
  link[end] = '\0';
  const ssize_t size = readlink(link, path, sizeof path - 1);
  const size_t length = strlen(folder);
  return size > (ssize_t)length && strncmp(path, folder, length) == 0 && path[length] == '/';
}

static void wait_as_slow(int fd) {
  if (folder == NULL || fd < 0 || fd >= FILES) return;
  const long bytes = atomic_exchange(&unsynced[fd], 0);
  if (access(while_there, F_OK) != 0 || !below_folder(fd)) return;
  const long ms = sync_ms + bytes / bytes_per_ms;
  const struct timespec time = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&time, NULL);
}

static ssize_t count(int fd, ssize_t written) {
  if (written > 0 && fd < FILES) atomic_fetch_add(&unsynced[fd], written);
  return written;
}

int close(int fd) {
  if (fd >= 0 && fd < FILES) atomic_store(&unsynced[fd], 0);
  return (int)syscall(SYS_close, fd);
}

int fsync(int fd) {
  wait_as_slow(fd);
  return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd) {
  wait_as_slow(fd);
  return (int)syscall(SYS_fdatasync, fd);
}

ssize_t write(int fd, const void* bytes, size_t size) { return count(fd, syscall(SYS_write, fd, bytes, size)); }

ssize_t writev(int fd, const struct iovec* parts, int size) { return count(fd, syscall(SYS_writev, fd, parts, size)); }

ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t at) {
  return count(fd, syscall(SYS_pwrite64, fd, bytes, size, at));
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) { return pwrite64(fd, bytes, size, at); }
