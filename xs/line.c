/* The line that the wire's bytes go over: a descriptor. When the world at its other end is gone, so is this process. */
#include "host.h"

void linePut(Host* host, const void* bytes, size_t count)
{
  for (const uint8_t* p = bytes; count > 0;) {
    ssize_t written = write(host->options.wire, p, count);
    if (written <= 0) exit(EXIT_USAGE);
    p += written;
    count -= (size_t)written;
  }
}

void lineGet(Host* host, void* bytes, size_t count)
{
  for (uint8_t* p = bytes; count > 0;) {
    ssize_t got = read(host->options.wire, p, count);
    if (got <= 0) exit(EXIT_USAGE);
    p += got;
    count -= (size_t)got;
  }
}
