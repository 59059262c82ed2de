/*
 * What is counted here: instructions, by the machine's counter, which qemu keeps exactly (-icount); and of those, what was
 * spent in garbage collection, in checksums, and in reading and writing flash.
 */
#include "../host.h"
#include "../profile.h"
#include "../../hal/esp32/native/crc32c.h"

enum { INSTRUCTIONS, COLLECTION, CHECKSUM, FLASH };

const char* const countNames[] = {"instructions", "collection", "checksum", "flash", NULL};

/* Since they were taken: when that was, and the parts. */
static uint64_t before, parts[COUNTS_MAX];
static uint64_t collectionStart;

static uint64_t executed(void)
{
  uint32_t high, low, again;
  do {
    __asm__ volatile(
        ".option push\n.option arch, +zicsr\n"
        "csrr %0, minstreth\ncsrr %1, minstret\ncsrr %2, minstreth\n"
        ".option pop"
        : "=r"(high), "=r"(low), "=r"(again));
  } while (high != again);
  return (uint64_t)high << 32 | low;
}

void beginCounting(Host* host)
{
  skipCounts(host);
}

void takeCounts(Host* host)
{
  uint64_t now = executed();
  host->counts[INSTRUCTIONS] += now - before;
  for (int i = INSTRUCTIONS + 1; countNames[i]; i++) host->counts[i] += parts[i];
  before = now;
  memset(parts, 0, sizeof(parts));
}

void skipCounts(Host* host)
{
  (void)host;
  memset(parts, 0, sizeof(parts));
  before = executed();
}

void collectionBegins(void)
{
  collectionStart = executed();
}

void collectionEnds(void)
{
  parts[COLLECTION] += executed() - collectionStart;
}

/* The linker leads calls of `f` to `__wrap_f` (build.mjs). A collection inside counts as one, not as flash. */
#define COUNT(PART, CALL) \
  uint64_t start = executed(), collected = parts[COLLECTION]; \
  CALL; \
  parts[PART] += executed() - start - (parts[COLLECTION] - collected);

int32_t __real_godwit_crc32c(uint8_t* bytes, uint32_t start, uint32_t end, int32_t crc);
int32_t __wrap_godwit_crc32c(uint8_t* bytes, uint32_t from, uint32_t to, int32_t crc)
{
  COUNT(CHECKSUM, int32_t result = __real_godwit_crc32c(bytes, from, to, crc))
  return result;
}

#define COUNT_NATIVE(NAME) \
  void __real_##NAME(xsMachine* the); \
  void __wrap_##NAME(xsMachine* the) \
  { \
    COUNT(FLASH, __real_##NAME(the)) \
  }

COUNT_NATIVE(native_flashRead)
COUNT_NATIVE(native_flashWrite)
COUNT_NATIVE(native_flashErase)
