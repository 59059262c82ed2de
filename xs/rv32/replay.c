/*
 * The line of the wire, without a world at its other end: plays what a world has said before, and requires that the device
 * says what it said then. Files of the working folder: wire.in is what the device hears, wire.out what it says.
 *
 * Its own instructions do not count.
 */
#include "../host.h"

typedef struct {
  const char* path;
  uint8_t* bytes;
  size_t size, at;
} Recording;

static Recording heard = {.path = "wire.in"}, said = {.path = "wire.out"};

static void load(Recording* recording)
{
  FILE* file = fopen(recording->path, "r");
  if (!file) usageError("%s cannot be opened", recording->path);
  fseek(file, 0, SEEK_END);
  recording->size = (size_t)ftell(file);
  recording->bytes = malloc(recording->size);
  rewind(file);
  if (fread(recording->bytes, 1, recording->size, file) != recording->size) usageError("%s cannot be read", recording->path);
  fclose(file);
}

/* The next `count` bytes. */
static uint8_t* take(Recording* recording, size_t count)
{
  if (!recording->bytes) load(recording);
  if (count > recording->size - recording->at) usageError("%s ends at byte %u", recording->path, (unsigned)recording->size);
  recording->at += count;
  return recording->bytes + recording->at - count;
}

void linePut(Host* host, const void* bytes, size_t count)
{
  takeCounts(host);
  if (memcmp(take(&said, count), bytes, count))
    usageError("the device says something else than before, at byte %u of %s", (unsigned)(said.at - count), said.path);
  skipCounts(host);
}

void lineGet(Host* host, void* bytes, size_t count)
{
  takeCounts(host);
  memcpy(bytes, take(&heard, count), count);
  skipCounts(host);
}
