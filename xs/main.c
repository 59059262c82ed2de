#include "host.h"
#include "profile.h"

extern int gxStress;

int main(int count, char** arguments)
{
  static Host instance;
  Host* host = &instance;
  parseOptions(host, count, arguments);
  buildRom(host);
  openStorage(host);
  host->options.staticBytes &= ~15;
  host->block = aligned_alloc(16, (size_t)host->options.staticBytes);
  txCreation creation = {
      .initialChunkSize = host->options.chunkInitial,
      .incrementalChunkSize = host->options.chunkIncrement,
      .initialHeapCount = host->options.heapInitial,
      .incrementalHeapCount = host->options.heapIncrement,
      .stackCount = host->options.stack,
      .initialKeyCount = host->options.keys,
      .incrementalKeyCount = 0,
      .nameModulo = host->options.names,
      .symbolModulo = host->options.symbols,
      .parserBufferSize = 1024,
      .parserTableModulo = 17,
      .staticSize = host->options.staticBytes,
  };
  host->startMilliseconds = nowMilliseconds(host);
  watchRom(host);
  txMachine* device = fxCloneMachine(&creation, host->rom, "device", host);
  if (!device) usageError("the device machine cannot be made");
  host->device = device;
  paintStack(device);
  beginCounting(host);
  gxStress = host->options.collectsAtEveryAllocation;
  profiling = host->options.profiles;
  runProgram(host);
  runLoop(host);
  end(host, EXIT_ENDED);
}
