/*
 * What survives a boot: flash and key-value storage, in the files of one folder, which one process uses at a time.
 *
 * Flash has the rules of NOR: a write only clears bits, an erase sets all bits of blocks of 4096 bytes. `--power-cut N`
 * does the first half of the N-th write or erase, and ends. A key-value pair is a file, replaced as a whole.
 */
#include "host.h"
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define BLOCK_BYTES 4096
#define EVENT_BYTES (16 * BLOCK_BYTES)
#define KEY_CHARACTERS_MAX 15
#define VALUE_BYTES_MAX 1000

/* How long a process may take to end that used the folder before. */
#define LOCK_TRIES 200
#define LOCK_TRY_MICROSECONDS 10000

static struct Partition {
  const char* file;
  uint8_t* cells; /* NULL: not open yet */
  int size;
} partitions[] = {{"flash.bin", NULL, 0}, {"events.bin", NULL, EVENT_BYTES}};

static void openPartition(Host* host, struct Partition* partition)
{
  char path[PATH_MAX];
  struct stat status;
  off_t size = partition->size;
  snprintf(path, sizeof(path), "%s/%s", host->options.storage, partition->file);
  int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0 || fstat(file, &status) != 0) usageError("%s cannot be opened", path);
  for (int i = 0; flock(file, LOCK_EX | LOCK_NB) != 0; i++) {
    if (i == LOCK_TRIES) usageError("%s is in use by another process", path);
    usleep(LOCK_TRY_MICROSECONDS);
  }
  if (status.st_size != 0 && status.st_size != size) usageError("%s has another size than the flash", path);
  if (ftruncate(file, size) != 0) usageError("%s cannot be enlarged", path);
  uint8_t* cells = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (cells == MAP_FAILED) usageError("%s cannot be mapped", path);
  if (status.st_size == 0) memset(cells, 0xff, (size_t)size);
  partition->cells = cells;
}

void openStorage(Host* host)
{
  partitions[0].size = host->options.flashBytes;
  openPartition(host, &partitions[0]);
}

/* The partition whose number is in an argument, 0 without it. The one of events is opened when it is first asked for. */
static struct Partition* partitionAt(xsMachine* the, int index)
{
  int number = xsmcArgc > index ? (int)wholeArgument(the, index, 1) : 0;
  struct Partition* partition = &partitions[number];
  if (!partition->cells) openPartition(hostOf(the), partition);
  return partition;
}

void native_flashBytes(xsMachine* the)
{
  xsmcSetInteger(xsResult, partitionAt(the, 0)->size);
}

/* Where `count` bytes from the offset in argument 1 are; throws when they are not all in the partition. */
static uint8_t* flashAt(xsMachine* the, xsUnsignedValue count)
{
  struct Partition* partition = partitionAt(the, 2);
  double size = partition->size;
  double offset = wholeArgument(the, 1, size);
  if (offset + count > size) xsRangeError("%u bytes at %.0f are beyond the end of the flash", (unsigned)count, offset);
  return partition->cells + (size_t)offset;
}

/* Whether the power goes during this call. */
static bool isCut(Host* host)
{
  return ++host->flashCalls == host->options.powerCutAfter;
}

void native_flashRead(xsMachine* the)
{
  void* buffer;
  xsUnsignedValue count;
  xsmcGetBufferWritable(xsArg(0), &buffer, &count);
  memcpy(buffer, flashAt(the, count), count);
}

void native_flashWrite(xsMachine* the)
{
  void* buffer;
  xsUnsignedValue count;
  xsmcGetBufferReadable(xsArg(0), &buffer, &count);
  uint8_t* cells = flashAt(the, count);
  bool cut = isCut(hostOf(the));
  for (xsUnsignedValue i = 0; i < (cut ? count / 2 : count); i++) cells[i] &= ((uint8_t*)buffer)[i];
  if (cut) end(hostOf(the), EXIT_POWER_CUT);
}

void native_flashErase(xsMachine* the)
{
  struct Partition* partition = partitionAt(the, 2);
  double blocks = partition->size / BLOCK_BYTES;
  double start = wholeArgument(the, 0, blocks), stop = wholeArgument(the, 1, blocks);
  if (stop <= start) xsRangeError("blocks %.0f to %.0f are none", start, stop);
  bool cut = isCut(hostOf(the));
  size_t count = (size_t)(stop - start) * BLOCK_BYTES;
  memset(partition->cells + (size_t)start * BLOCK_BYTES, 0xff, cut ? count / 2 : count);
  if (cut) end(hostOf(the), EXIT_POWER_CUT);
}

/* The file of the key in argument 0: its name is the key in hexadecimal. */
static void keyPath(xsMachine* the, char* path)
{
  const char* key = xsmcToString(xsArg(0));
  int characters = 0;
  for (const char* p = key; *p; p++) characters += (*p & 0xc0) != 0x80;
  if (characters < 1 || characters > KEY_CHARACTERS_MAX) xsRangeError("a key has 1 to %d characters", KEY_CHARACTERS_MAX);
  int length = snprintf(path, C_PATH_MAX, "%s/key-", hostOf(the)->options.storage);
  for (; *key; key++) length += snprintf(path + length, (size_t)(C_PATH_MAX - length), "%02x", (uint8_t)*key);
}

void native_keyRead(xsMachine* the)
{
  char path[C_PATH_MAX], value[VALUE_BYTES_MAX + 1];
  keyPath(the, path);
  FILE* file = fopen(path, "r");
  if (!file) return;
  value[fread(value, 1, VALUE_BYTES_MAX, file)] = 0;
  fclose(file);
  xsmcSetString(xsResult, value);
}

void native_keyWrite(xsMachine* the)
{
  char path[C_PATH_MAX], fresh[C_PATH_MAX + 4];
  keyPath(the, path);
  const char* value = xsmcToString(xsArg(1));
  if (strlen(value) > VALUE_BYTES_MAX) xsRangeError("a value has %d bytes at most", VALUE_BYTES_MAX);
  snprintf(fresh, sizeof(fresh), "%s.new", path);
  FILE* file = fopen(fresh, "w");
  if (!file || fputs(value, file) < 0 || fclose(file) != 0 || rename(fresh, path) != 0)
    xsUnknownError("the key-value storage cannot be written");
}

void native_keyDelete(xsMachine* the)
{
  char path[C_PATH_MAX];
  keyPath(the, path);
  unlink(path);
}
