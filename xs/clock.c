/*
 * Time since boot, and timers.
 *
 * In virtual time the clock stands still while JavaScript runs and leaps to the next timer, or to what the world at the
 * other end of the wire says. In real time it is the system's monotonic clock, and wall time is
 * the system's.
 */
#include "host.h"

typedef struct HostTimer {
  struct HostTimer* next;
  double dueMilliseconds;
  int id;
  xsSlot callback;
} HostTimer;

/* Sorted by due time; of equals, the one set first stands first. */
static HostTimer* timers;
static int timerIds;

static double systemMilliseconds(clockid_t clock)
{
  struct timespec now;
  clock_gettime(clock, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

double nowMilliseconds(Host* host)
{
  if (host->options.isVirtual) return host->virtualMilliseconds;
  return systemMilliseconds(CLOCK_MONOTONIC) - host->startMilliseconds;
}

double nextTimerMilliseconds(void)
{
  return timers ? timers->dueMilliseconds : INFINITY;
}

void runTimer(Host* host)
{
  HostTimer* timer = timers;
  if (!timer || timer->dueMilliseconds > nowMilliseconds(host)) return;
  txMachine* the = host->device;
  timers = timer->next;
  xsSlot callback = timer->callback;
  xsForget(timer->callback);
  free(timer);
  callBack(host, &callback, NO_EVENT, 0, NULL);
}

void native_milliseconds(xsMachine* the)
{
  xsmcSetNumber(xsResult, floor(nowMilliseconds(hostOf(the))));
}

void native_wallMilliseconds(xsMachine* the)
{
  Host* host = hostOf(the);
  if (!host->options.isVirtual) xsmcSetNumber(xsResult, floor(systemMilliseconds(CLOCK_REALTIME)));
  else if (!isnan(host->options.epochMilliseconds))
    xsmcSetNumber(xsResult, floor(host->options.epochMilliseconds + nowMilliseconds(host)));
}

void native_setTimer(xsMachine* the)
{
  double delay = wholeArgument(the, 1, 9007199254740991.0);
  HostTimer* timer = calloc(1, sizeof(HostTimer));
  timer->id = ++timerIds;
  timer->dueMilliseconds = nowMilliseconds(hostOf(the)) + delay;
  timer->callback = xsArg(0);
  xsRemember(timer->callback);
  HostTimer** place = &timers;
  while (*place && (*place)->dueMilliseconds <= timer->dueMilliseconds) place = &(*place)->next;
  timer->next = *place;
  *place = timer;
  xsmcSetInteger(xsResult, timer->id);
}

void native_clearTimer(xsMachine* the)
{
  int id = xsmcToInteger(xsArg(0));
  for (HostTimer** place = &timers; *place; place = &(*place)->next) {
    HostTimer* timer = *place;
    if (timer->id != id) continue;
    *place = timer->next;
    xsForget(timer->callback);
    free(timer);
    return;
  }
}
