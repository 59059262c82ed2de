/*
 * What the host takes from an operating system, on a chip that has none. Files are the computer's, by semihosting.
 *
 * Flash is a copy in memory: what is written to it ends with the run. Nothing is write-protected; that is what the host of
 * 32 bits is for.
 */
#include "../host.h"
#include <fcntl.h>
#include <semihost.h>
#include <sys/mman.h>
#include <sys/time.h>

void* mmap(void* address, size_t size, int protection, int flags, int file, off_t offset)
{
  uint8_t* start = aligned_alloc(4096, (size + 4095) & ~(size_t)4095);
  (void)address;
  (void)protection;
  (void)flags;
  (void)offset;
  if (!start) return MAP_FAILED;
  memset(start, 0, size);
  for (ssize_t got, done = 0; file >= 0 && (got = read(file, start + done, size - (size_t)done)) > 0;) done += got;
  return start;
}

int mprotect(void* address, size_t size, int protection)
{
  (void)address;
  (void)size;
  (void)protection;
  return 0;
}

int flock(int file, int operation)
{
  (void)file;
  (void)operation;
  return 0;
}

int ftruncate(int file, off_t size)
{
  (void)file;
  (void)size;
  return 0;
}

int usleep(useconds_t microseconds)
{
  (void)microseconds;
  return 0;
}

int clock_gettime(clockid_t clock, struct timespec* now)
{
  (void)clock;
  *now = (struct timespec){0};
  return 0;
}

int gettimeofday(struct timeval* now, void* zone)
{
  (void)zone;
  *now = (struct timeval){0};
  return 0;
}

int rename(const char* from, const char* to)
{
  return sys_semihost_rename(from, to) == 0 ? 0 : -1;
}

void watchRom(Host* host)
{
  (void)host;
}
