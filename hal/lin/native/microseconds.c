/* A counter like esp_timer's, for "ffi" in manifest.json on Linux. */
#include <time.h>

double godwit_microseconds(void)
{
  static double first = -1;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  double microseconds = (double)now.tv_sec * 1e6 + (double)(now.tv_nsec / 1000);
  if (first < 0) first = microseconds;
  return microseconds - first;
}
