/* What is counted here: byte codes, by the engine's meter. */
#include "host.h"

#define STEP_BYTE_CODES (1 << 20)

const char* const countNames[] = {"byteCodes", NULL};

/* The engine calls this now and then, also from inside a loop that does not end. Its counter begins anew near 2^32. */
static txBoolean onStep(txMachine* the, txU4 count)
{
  Host* host = the->host;
  takeCounts(host);
  if ((txU4)(count + STEP_BYTE_CODES) < count) host->meterBefore = 0;
  return !host->options.byteCodesMax || host->counts[0] <= host->options.byteCodesMax;
}

void beginCounting(Host* host)
{
  fxBeginMetering(host->device, onStep, STEP_BYTE_CODES);
}

void takeCounts(Host* host)
{
  txU4 now = host->device->meterIndex;
  if (!host->isLookedAt) host->counts[0] += (txU4)(now - host->meterBefore);
  host->meterBefore = now;
}

void skipCounts(Host* host)
{
  host->meterBefore = host->device->meterIndex;
}
