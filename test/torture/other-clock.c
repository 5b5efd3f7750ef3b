/*
 * Another clock for one process: preloaded in front of the C library (LD_PRELOAD), `other-clock.ts` says with what.
 *
 *   OTHER_CLOCK_RATE       how many seconds pass in one; of all clocks
 *   OTHER_CLOCK_OFFSET_S   seconds by which the wall clock is wrong when the process begins
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define CLOCKS 16
#define SECOND 1000000000LL

static double rate = 1;
static long long offset;
static long long began[CLOCKS];

static int right(clockid_t clock, struct timespec *time) { return (int)syscall(SYS_clock_gettime, clock, time); }

static long long nanoseconds(struct timespec time) { return time.tv_sec * SECOND + time.tv_nsec; }

__attribute__((constructor)) static void begin(void) {
  const char *text = getenv("OTHER_CLOCK_RATE");
  if (text != NULL) rate = atof(text);
  text = getenv("OTHER_CLOCK_OFFSET_S");
  if (text != NULL) offset = (long long)(atof(text) * SECOND);
  for (clockid_t clock = 0; clock < CLOCKS; clock++) {
    struct timespec time;
    if (right(clock, &time) == 0) began[clock] = nanoseconds(time);
  }
}

static int is_wall(clockid_t clock) { return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE; }

static int passes(clockid_t clock) {
  return is_wall(clock) || clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE || clock == CLOCK_BOOTTIME;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  int result = right(clock, time);
  if (result != 0 || !passes(clock)) return result;
  long long now = began[clock] + (long long)((nanoseconds(*time) - began[clock]) * rate);
  if (is_wall(clock)) now += offset;
  time->tv_sec = now / SECOND;
  time->tv_nsec = now % SECOND;
  return 0;
}

int gettimeofday(struct timeval *time, void *zone) {
  struct timespec now;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &now);
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *where) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (where != NULL) *where = now.tv_sec;
  return now.tv_sec;
}

/* A process that waits for a second of its own clock. */
static int scaled(int timeout) { return timeout <= 0 ? timeout : (int)(timeout / rate) + 1; }

int epoll_pwait(int file, struct epoll_event *events, int count, int timeout, const sigset_t *signals) {
  static int (*original)(int, struct epoll_event *, int, int, const sigset_t *);
  if (original == NULL) original = (__typeof__(original))dlsym(RTLD_NEXT, "epoll_pwait");
  return original(file, events, count, scaled(timeout), signals);
}

int epoll_wait(int file, struct epoll_event *events, int count, int timeout) {
  return epoll_pwait(file, events, count, timeout, NULL);
}
