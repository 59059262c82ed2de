/*
 * Where the engine's memory comes from.
 *
 * The ROM machine gets pages of its own, which are write-protected once it is complete. The device machine lives in one
 * block, as under "static" in a manifest's creation: chunks grow up from its bottom, the stack and the slots down from
 * its top. When they meet, memory is full.
 */
#include "host.h"
#include <sys/mman.h>

#define REGIONS_MAX 512

static struct {
  uint8_t* start;
  size_t size;
} regions[REGIONS_MAX];
static int regionCount;

void* romPages(size_t size)
{
  size_t rounded = (size + 4095) & ~(size_t)4095;
  void* start = mmap(NULL, rounded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED || regionCount == REGIONS_MAX) usageError("no memory for the ROM machine");
  regions[regionCount].start = start;
  regions[regionCount++].size = rounded;
  return start;
}

void protectRom(void)
{
  for (int i = 0; i < regionCount; i++) mprotect(regions[i].start, regions[i].size, PROT_READ);
}

bool isRom(const void* address)
{
  for (int i = 0; i < regionCount; i++) {
    size_t offset = (size_t)((const uint8_t*)address - regions[i].start);
    if ((const uint8_t*)address >= regions[i].start && offset < regions[i].size) return true;
  }
  return false;
}

void fxCreateMachinePlatform(txMachine* the)
{
  Host* host = the->context;
  the->host = host;
  the->hasPromiseJobs = 0;
  the->blockLow = the->blockHigh = NULL;
  if (the->sharedMachine) {
    the->blockLow = host->block;
    the->blockHigh = host->block + host->options.staticBytes;
  }
}

void fxDeleteMachinePlatform(txMachine* the)
{
  (void)the;
}

/* The device has one block of chunks. It grows by what its free end lacks, which XS is told by moving its limit first. */
void* fxAllocateChunks(txMachine* the, txSize size)
{
  if (!the->blockLow) return romPages((size_t)size);
  txBlock* block = the->firstBlock;
  txSize growth = size;
  if (block) {
    growth -= (txSize)sizeof(txBlock) + (txSize)(block->limit - block->current);
    if (growth < 0) growth = 0;
  }
  if (growth > the->blockHigh - the->blockLow) return NULL;
  the->blockLow += growth;
  if (!block) return the->blockLow - growth;
  the->maximumChunksSize += growth - size;
  block->limit = (txByte*)the->blockLow - size;
  return block->limit;
}

/* When there is no room, the free end of the chunks is given back first. */
txSlot* fxAllocateSlots(txMachine* the, txSize count)
{
  size_t size = (size_t)count * sizeof(txSlot);
  if (!the->blockLow) return romPages(size);
  txBlock* block = the->firstBlock;
  if (block && size > (size_t)(the->blockHigh - the->blockLow)) {
    fxCollect(the, XS_COMPACT_FLAG | XS_ORGANIC_FLAG);
    the->maximumChunksSize -= (txSize)(block->limit - block->current);
    block->limit = block->current;
    the->blockLow = (uint8_t*)block->current;
  }
  if (size > (size_t)(the->blockHigh - the->blockLow)) return NULL;
  the->blockHigh -= size;
  return (txSlot*)the->blockHigh;
}

/* Nothing is ever given back: the ROM stays, the block is one. */
void fxFreeChunks(txMachine* the, void* chunks)
{
  (void)the;
  (void)chunks;
}

void fxFreeSlots(txMachine* the, void* slots)
{
  (void)the;
  (void)slots;
}
