/* Turns. Each is one callback and all promise jobs after it; between turns nothing of JavaScript runs. */
#include "host.h"
#include <math.h>

void fxQueuePromiseJobs(txMachine* the)
{
  the->hasPromiseJobs = 1;
}

void runJobs(txMachine* the)
{
  do {
    while (the->hasPromiseJobs) {
      the->hasPromiseJobs = 0;
      fxRunPromiseJobs(the);
    }
    fxEndJob(the);
  } while (the->hasPromiseJobs);
  fxCheckUnhandledRejections(the, 1);
  if (the != the->host->device) return;
  the->host->turns++;
  takeCounts(the->host);
  tellTurn(the->host);
}

/* Calls `callback` with an event and its detail, or the reason in place of that; without arguments for NO_EVENT. */
void callBack(Host* host, xsSlot* callback, int event, int detail, const char* reason)
{
  txMachine* machine = host->device;
  xsBeginHost(machine);
  mxOverflow(-8);
  mxPushUndefined();
  mxPushSlot(callback);
  mxCall();
  if (event != NO_EVENT) mxPushInteger(event);
  if (reason) mxPushStringC((txString)reason);
  else if (event != NO_EVENT) mxPushInteger(detail);
  mxRunCount(event == NO_EVENT ? 0 : 2);
  mxPop();
  xsEndHost(machine);
  runJobs(machine);
}

/* Imports the program. Its promise is not kept: that it was rejected is found out by runJobs. */
void runProgram(Host* host)
{
  txMachine* machine = host->device;
  xsBeginHost(machine);
  mxPushStringC((txString)host->modules[host->moduleCount - 1].name);
  fxRunImport(the, mxModuleInstanceInternal(mxProgram.value.reference)->value.module.realm, XS_NO_ID);
  mxPop();
  xsEndHost(machine);
  runJobs(machine);
}

/* Until nothing more can happen: no timer, no stream, no command. */
void runLoop(Host* host)
{
  for (;;) {
    double next = nextTimerMilliseconds();
    if (isinf(next) && !hasStreams() && !isCommanded()) return;
    if (host->options.isVirtual) waitForWire(host, next);
    else {
      double wait = next - nowMilliseconds(host);
      waitForSockets(host, wait > 0 ? wait : 0);
    }
    runTimer(host);
  }
}
