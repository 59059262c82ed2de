/*
 * The figures of a run, as one JSON object. Byte codes, slots and bytes are the same at each run, on each machine.
 *
 * Peaks of slots and chunks include garbage that was not collected yet, so they tend to what is reserved. How much memory
 * a program needs is found by running it in smaller and smaller blocks.
 */
#include "host.h"

#define PAINT 0xa5
#define UNTOUCHED_RUN 8

/* The parts of the stack that are never used keep the paint. */
void paintStack(txMachine* the)
{
  memset(the->stackBottom, PAINT, (size_t)((uint8_t*)the->stack - (uint8_t*)the->stackBottom));
}

static bool isPainted(txSlot* slot)
{
  for (size_t i = 0; i < sizeof(txSlot); i++)
    if (((uint8_t*)slot)[i] != PAINT) return false;
  return true;
}

/* Number formatting and regular expressions borrow the far end of the stack, so the search begins at the near end. */
static int stackPeak(txMachine* the)
{
  int run = 0;
  for (txSlot* slot = the->stackTop - 1; slot >= the->stackBottom; slot--) {
    run = isPainted(slot) ? run + 1 : 0;
    if (run == UNTOUCHED_RUN) return (int)(the->stackTop - slot) - UNTOUCHED_RUN;
  }
  return (int)(the->stackTop - the->stackBottom);
}

/*
 * Arrays with holes, at this moment. XS's collector takes the whole room of such an array's chunk for items, and follows
 * whatever stands there: a crash, sooner or later. (fxSweep notes the room of each chunk where its size was.)
 */
static int countSparseArrays(txMachine* the)
{
  int count = 0;
  for (txSlot* heap = the->firstHeap; heap; heap = heap->next)
    for (txSlot* slot = heap + 1; slot < heap->value.reference; slot++) {
      if (slot->kind != XS_ARRAY_KIND || slot->ID != XS_ARRAY_BEHAVIOR || !slot->value.array.address) continue;
      txChunk* chunk = (txChunk*)((txByte*)slot->value.array.address - sizeof(txChunk));
      count += (txIndex)(chunk->size / (txSize)sizeof(txSlot)) < slot->value.array.length;
    }
  return count;
}

static void printCounts(FILE* file, const uint64_t* counts)
{
  for (int i = 0; countNames[i]; i++) fprintf(file, "\"%s\":%llu,", countNames[i], (unsigned long long)counts[i]);
}

/* Notes how much was computed so far, and what is alive. Byte codes by function are counted from the last mark on. */
void makeMark(Host* host, const char* name)
{
  txMachine* the = host->device;
  if (host->markCount == MARKS_MAX) usageError("no more than %d marks", MARKS_MAX);
  Mark* mark = &host->marks[host->markCount++];
  takeCounts(host);
  memcpy(mark->counts, host->counts, sizeof(mark->counts));
  fxCollectGarbage(the);
  mark->sparseArrays = countSparseArrays(the);
  snprintf(mark->name, sizeof(mark->name), "%s", name);
  mark->milliseconds = nowMilliseconds(host);
  mark->slots = the->currentHeapCount;
  mark->chunkBytes = the->currentChunksSize;
  clearProfile();
  skipCounts(host);
}

/* Of a running device. Garbage is collected first, so that only what is alive counts. */
void native_figures(xsMachine* the)
{
  char text[200];
  int slotBytes = (int)sizeof(txSlot);
  takeCounts(hostOf(the));
  fxCollectGarbage(the);
  snprintf(text, sizeof(text),
           "{\"heapBytes\":%d,\"heapBytesMax\":%d,\"stackPeakSlots\":%d,\"stackSlots\":%d,\"byteCodes\":%llu}",
           (int)the->currentHeapCount * slotBytes + (int)the->currentChunksSize,
           (int)the->maximumHeapCount * slotBytes + (int)the->maximumChunksSize, stackPeak(the),
           (int)(the->stackTop - the->stackBottom), (unsigned long long)hostOf(the)->counts[0]);
  xsmcSetString(xsResult, text);
}

void writeReport(Host* host, int exitCode)
{
  txMachine* the = host->device;
  if (!host->options.report) return;
  FILE* file = fopen(host->options.report, "w");
  if (!file) return;
  int tables = (the->keyCount - the->keyOffset) + the->nameModulo + the->symbolModulo + the->aliasCount;
  size_t code = 0;
  for (int i = 0; i < host->moduleCount; i++) code += (size_t)host->modules[i].script->codeSize;
  takeCounts(host);
  fprintf(file, "{\"exitCode\":%d,\"slotBytes\":%d,\n", exitCode, (int)sizeof(txSlot));
  printCounts(file, host->counts);
  fprintf(file, "\"turns\":%llu,\"milliseconds\":%.3f,\"flashCalls\":%d,\n", (unsigned long long)host->turns,
          nowMilliseconds(host), host->flashCalls);
  fprintf(file, "\"stack\":{\"peak\":%d,\"slots\":%d},\n", stackPeak(the), (int)(the->stackTop - the->stackBottom));
  fprintf(file, "\"slots\":{\"now\":%d,\"peak\":%d,\"reserved\":%d},\n", the->currentHeapCount, the->peakHeapCount,
          the->maximumHeapCount);
  fprintf(file, "\"chunks\":{\"now\":%d,\"peak\":%d,\"reserved\":%d},\n", the->currentChunksSize, the->peakChunksSize,
          the->maximumChunksSize);
  fprintf(file, "\"block\":{\"bytes\":%d,\"free\":%d,\"tableBytes\":%d},\n", host->options.staticBytes,
          (int)(the->blockHigh - the->blockLow), tables * (int)sizeof(txSlot*));
  fprintf(file, "\"rom\":{\"names\":%d,\"slots\":%d,\"chunkBytes\":%d,\"codeBytes\":%d},\n", the->keyOffset,
          host->rom->currentHeapCount, host->rom->currentChunksSize, (int)code);
  fprintf(file, "\"names\":%d,\"aliases\":%d,\n\"marks\":[", the->keyIndex - the->keyOffset, the->aliasCount);
  for (int i = 0; i < host->markCount; i++) {
    Mark* mark = &host->marks[i];
    fprintf(file, "%s\n{\"name\":\"%s\",", i ? "," : "", mark->name);
    printCounts(file, mark->counts);
    fprintf(file, "\"milliseconds\":%.3f,\"slots\":%d,\"chunkBytes\":%d,\"sparseArrays\":%d}", mark->milliseconds,
            mark->slots, mark->chunkBytes, mark->sparseArrays);
  }
  fputs("]", file);
  if (host->options.profiles) reportProfile(file);
  fputs("}\n", file);
  fclose(file);
}
