/*
 * What a process does to the files below a folder, recorded so that a power cut can be made up for it afterwards. Preloaded in front of the
 * C library (LD_PRELOAD); `recording.ts` reads what is written here.
 *
 * Before a write, the old bytes of the sectors that it touches go to the recording; a flush that has returned is noted with the moment at
 * which it began, since it covers no write from after that. Names are recorded alike: what is renamed, removed or made is durable once its
 * folder is flushed. Files that are removed or replaced are kept by a second name.
 *
 *   POWER_CUT_FOLDER     data directory, absolute
 *   POWER_CUT_RECORDING  where to record: the file `log`, and the kept files by their number
 *   POWER_CUT_AT         the process ends at this recorded operation, a write in its midst
 *   POWER_CUT_BOOT_ID    eight hexadecimal digits that stand for the boot id of the system
 *   POWER_CUT_LIE        set: flushes return at once and flush nothing
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define SECTOR 512
#define ORIGINAL(name) ((__typeof__(&name))original(#name))

enum kind { WRITE = 1, FLUSHED = 2, WRITTEN_THROUGH = 3, RENAMED = 4, REMOVED = 5, MADE = 6, FOLDER_FLUSHED = 7 };

/* Little-endian, 48 bytes: what follows is `length` bytes. */
struct record {
  uint64_t kind, number, inode, offset, size, length;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int recording = -1;
static int boot_id_file = -1;
static char folder[PATH_MAX];
static char kept[PATH_MAX];
static size_t folder_length;
static uint64_t operations, end_at;

static void *original(const char *name) {
  void *found = dlsym(RTLD_NEXT, name);
  if (found == NULL) abort();
  return found;
}

static void give_up(const char *why) {
  dprintf(2, "disk-recorder: %s\n", why);
  _exit(99);
}

__attribute__((constructor)) static void begin(void) {
  const char *at = getenv("POWER_CUT_FOLDER"), *to = getenv("POWER_CUT_RECORDING"), *end = getenv("POWER_CUT_AT");
  char path[PATH_MAX + 8];
  if (at == NULL || to == NULL) return;
  snprintf(folder, sizeof folder, "%s", at);
  snprintf(kept, sizeof kept, "%s", to);
  folder_length = strlen(folder);
  end_at = end == NULL ? 0 : strtoull(end, NULL, 10);
  snprintf(path, sizeof path, "%s/log", to);
  recording = ORIGINAL(open64)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (recording < 0) give_up("the recording cannot be written");
}

/* Locks hold nothing that outlives a process; that of LMDB is mapped. */
static int is_recorded(const char *path) {
  if (recording < 0 || strncmp(path, folder, folder_length) != 0) return 0;
  const char *name = path + folder_length;
  if (strcmp(name, "/lock.mdb") == 0 || strncmp(name, "/LOCK", 5) == 0) return 0;
  return *name == '\0' || *name == '/';
}

static int path_of(int fd, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length < 0) return 0;
  path[length] = '\0';
  return is_recorded(path);
}

static void note(struct record record, const void *content) {
  struct iovec parts[2] = {{&record, sizeof record}, {(void *)content, record.length}};
  ssize_t wanted = (ssize_t)(sizeof record + record.length);
  if (ORIGINAL(writev)(recording, parts, 2) != wanted) give_up("the recording cannot be written");
}

static int is_last(void) { return operations == end_at; }

static void end_if_last(void) {
  if (is_last()) kill(getpid(), SIGKILL);
}

/* Writes `parts` at `offset`, or at the place of the file where that is negative. */
static ssize_t recorded_write(int fd, const struct iovec *parts, int count, off64_t offset, int moves) {
  struct stat64 status;
  char path[PATH_MAX];
  if (recording < 0 || fstat64(fd, &status) != 0 || !S_ISREG(status.st_mode) || !path_of(fd, path)) return -2;
  size_t length = 0;
  for (int i = 0; i < count; i++) length += parts[i].iov_len;
  char *content = malloc(length + 1);
  size_t filled = 0;
  for (int i = 0; i < count; i++) {
    memcpy(content + filled, parts[i].iov_base, parts[i].iov_len);
    filled += parts[i].iov_len;
  }
  pthread_mutex_lock(&lock);
  int flags = fcntl(fd, F_GETFL);
  if (flags & O_APPEND) give_up("a file is appended to by O_APPEND, which is not recorded");
  if (fstat64(fd, &status) != 0) give_up("a file has no status");
  off64_t at = offset >= 0 ? offset : lseek64(fd, 0, SEEK_CUR);
  off64_t from = at / SECTOR * SECTOR, to = (at + (off64_t)length + SECTOR - 1) / SECTOR * SECTOR;
  char *before = calloc(1, (size_t)(to - from) + 1);
  int reader = ORIGINAL(open64)(path, O_RDONLY | O_CLOEXEC);
  ssize_t had = reader < 0 ? -1 : pread64(reader, before, (size_t)(to - from), from);
  if (had < 0) give_up("what is overwritten cannot be read");
  close(reader);
  uint64_t number = ++operations;
  note((struct record){WRITE, number, status.st_ino, (uint64_t)from, (uint64_t)status.st_size, (uint64_t)(to - from)}, before);
  size_t now = is_last() ? length / 2 : length;
  ssize_t written = ORIGINAL(pwrite64)(fd, content, now, at);
  end_if_last();
  if (moves && written > 0) lseek64(fd, at + written, SEEK_SET);
  if (written > 0 && (flags & O_DSYNC))
    note((struct record){WRITTEN_THROUGH, number, status.st_ino, (uint64_t)from, 0, 0}, NULL);
  pthread_mutex_unlock(&lock);
  free(before);
  free(content);
  return written;
}

static int recorded_flush(int fd, int (*flush)(int)) {
  struct stat64 status;
  char path[PATH_MAX];
  if (recording < 0 || fstat64(fd, &status) != 0 || !path_of(fd, path)) return flush(fd);
  pthread_mutex_lock(&lock);
  uint64_t number = ++operations;
  end_if_last();
  pthread_mutex_unlock(&lock);
  if (getenv("POWER_CUT_LIE") != NULL) return 0;
  int result = flush(fd);
  if (result != 0) return result;
  pthread_mutex_lock(&lock);
  if (S_ISDIR(status.st_mode)) note((struct record){FOLDER_FLUSHED, number, 0, 0, 0, strlen(path)}, path);
  else note((struct record){FLUSHED, number, status.st_ino, 0, 0, 0}, NULL);
  pthread_mutex_unlock(&lock);
  return result;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
  struct iovec part = {(void *)bytes, length};
  ssize_t written = recorded_write(fd, &part, 1, offset, 0);
  return written == -2 ? ORIGINAL(pwrite64)(fd, bytes, length, offset) : written;
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) {
  ssize_t written = recorded_write(fd, parts, count, offset, 0);
  return written == -2 ? ORIGINAL(pwritev64)(fd, parts, count, offset) : written;
}

ssize_t write(int fd, const void *bytes, size_t length) {
  struct iovec part = {(void *)bytes, length};
  ssize_t written = recorded_write(fd, &part, 1, -1, 1);
  return written == -2 ? ORIGINAL(write)(fd, bytes, length) : written;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  ssize_t written = recorded_write(fd, parts, count, -1, 1);
  return written == -2 ? ORIGINAL(writev)(fd, parts, count) : written;
}

int fdatasync(int fd) { return recorded_flush(fd, ORIGINAL(fdatasync)); }
int fsync(int fd) { return recorded_flush(fd, ORIGINAL(fsync)); }

int msync(void *at, size_t length, int flags) {
  if (recording >= 0) give_up("files are written to through maps, which is not recorded");
  return ORIGINAL(msync)(at, length, flags);
}

int ftruncate64(int fd, off64_t length) {
  char path[PATH_MAX];
  if (path_of(fd, path)) give_up("a file is truncated, which is not recorded");
  return ORIGINAL(ftruncate64)(fd, length);
}

/* Takes note of a change of names; what stood at `path` is kept under the number of the operation. */
static void change_names(enum kind kind, const char *path, const char *other) {
  char content[2 * PATH_MAX + 2], place[PATH_MAX + 32];
  uint64_t number = ++operations;
  snprintf(place, sizeof place, "%s/%llu", kept, (unsigned long long)number);
  if (kind != MADE && link(path, place) != 0 && errno != ENOENT) give_up("a file cannot be kept");
  int length = snprintf(content, sizeof content, "%s%s%s", path, other == NULL ? "" : "\n", other == NULL ? "" : other);
  note((struct record){kind, number, 0, 0, 0, (uint64_t)length}, content);
}

int rename(const char *from, const char *to) {
  if (!is_recorded(from)) return ORIGINAL(rename)(from, to);
  pthread_mutex_lock(&lock);
  change_names(RENAMED, to, from);
  int result = ORIGINAL(rename)(from, to);
  if (result != 0) give_up("a file that is renamed is not there");
  end_if_last();
  pthread_mutex_unlock(&lock);
  return result;
}

int unlink(const char *path) {
  if (!is_recorded(path) || access(path, F_OK) != 0) return ORIGINAL(unlink)(path);
  pthread_mutex_lock(&lock);
  change_names(REMOVED, path, NULL);
  int result = ORIGINAL(unlink)(path);
  end_if_last();
  pthread_mutex_unlock(&lock);
  return result;
}

int open64(const char *path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(list, mode_t) : 0;
  va_end(list);
  int isOurs = is_recorded(path);
  if (isOurs) pthread_mutex_lock(&lock);
  int isNew = isOurs && (flags & O_CREAT) && access(path, F_OK) != 0;
  if (isOurs && !isNew && (flags & O_TRUNC)) give_up("a file is emptied when it is opened, which is not recorded");
  int fd = ORIGINAL(open64)(path, flags, mode);
  if (isNew && fd >= 0) {
    change_names(MADE, path, NULL);
    end_if_last();
  }
  if (isOurs) pthread_mutex_unlock(&lock);
  if (strcmp(path, "/proc/sys/kernel/random/boot_id") == 0) boot_id_file = fd;
  return fd;
}

ssize_t read(int fd, void *bytes, size_t length) {
  const char *id = getenv("POWER_CUT_BOOT_ID");
  ssize_t had = ORIGINAL(read)(fd, bytes, length);
  if (fd < 0 || fd != boot_id_file || id == NULL) return had;
  boot_id_file = -1;
  if (had >= 8 && strlen(id) == 8) memcpy(bytes, id, 8);
  return had;
}
