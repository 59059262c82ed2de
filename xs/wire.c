/*
 * Streams in virtual time: one line leads to a process that plays the world, its clock included.
 *
 * Host and world take turns, so a run is the same each time. Each message is
 *   u8 type, u8 stream, u16 length (little-endian), then that many bytes:
 *
 *   to the world                              from the world
 *   O  open: u16 port, host name              K  connected
 *   D  bytes                                  D  bytes
 *   C  close                                  S  u16: so many bytes have left
 *   R  u16: so many bytes were read           E  gone: the reason
 *   I  idle: f64 what time it is, f64 when    T  f64: what time it is
 *      the next timer is due, or infinity     M  make a mark of this name
 *                                             X  end: the scenario has passed
 *                                             G  go on; ends the world's turn. f64: until when nothing will happen in the
 *                                                world, so that the host need not ask while it has nothing to say
 *
 * Without a wire, connecting is refused.
 */
#include "host.h"

typedef struct {
  uint8_t type, stream;
  uint16_t length;
} Head;

static bool hasSpoken = true;
static double quietUntil;

static void say(Host* host, char type, int stream, const void* bytes, size_t length)
{
  uint8_t message[sizeof(Head) + STREAM_BUFFER_BYTES];
  Head head = {(uint8_t)type, (uint8_t)stream, (uint16_t)length};
  memcpy(message, &head, sizeof(head));
  memcpy(message + sizeof(head), bytes, length);
  linePut(host, message, sizeof(head) + length);
  hasSpoken = true;
}

void wireOpen(Host* host, int id, const char* address, int port)
{
  uint8_t bytes[256];
  size_t length = strnlen(address, sizeof(bytes) - 2);
  uint16_t port16 = (uint16_t)port;
  if (host->options.wire < 0) return;
  memcpy(bytes, &port16, 2);
  memcpy(bytes + 2, address, length);
  say(host, 'O', id, bytes, length + 2);
}

/* The bytes take space until the world says that they have left. */
void wireWrite(Host* host, int id, const void* bytes, int count)
{
  say(host, 'D', id, bytes, (size_t)count);
}

void wireRead(Host* host, int id, int count)
{
  uint16_t count16 = (uint16_t)count;
  say(host, 'R', id, &count16, sizeof(count16));
}

/* The place is free after this turn: until then, the world may still speak of the old stream. */
void wireClose(Host* host, int id)
{
  if (host->options.wire >= 0) say(host, 'C', id, "", 0);
}

/* Without a world, nobody is there, and time leaps to the next timer. */
static void waitAlone(Host* host, double nextTimer)
{
  bool refused = false;
  for (int id = 0; id < STREAMS_MAX; id++)
    if (streamAt(id)->state == STREAM_CONNECTING) {
      streamGone(host, id, "connection refused");
      refused = true;
    }
  if (!refused && isfinite(nextTimer)) host->virtualMilliseconds = nextTimer;
}

/* Gives the world its turn: it tells the streams what happened until something is due here, and what time it is then. */
void waitForWire(Host* host, double nextTimer)
{
  for (int id = 0; id < STREAMS_MAX; id++)
    if (streamAt(id)->state == STREAM_CLOSING) streamAt(id)->state = STREAM_FREE;
  if (nextTimer <= host->virtualMilliseconds && !hasSpoken) return;
  if (host->options.wire < 0) {
    waitAlone(host, nextTimer);
    return;
  }
  if (!hasSpoken && nextTimer <= quietUntil) {
    host->virtualMilliseconds = nextTimer;
    return;
  }
  double times[] = {host->virtualMilliseconds, nextTimer};
  say(host, 'I', 0, times, sizeof(times));
  hasSpoken = false;
  for (;;) {
    Head head;
    uint8_t bytes[STREAM_BUFFER_BYTES + 1];
    uint16_t count;
    lineGet(host, &head, sizeof(head));
    lineGet(host, bytes, head.length);
    bytes[head.length] = 0;
    memcpy(&count, bytes, sizeof(count));
    switch (head.type) {
    case 'K': streamConnected(host, head.stream); break;
    case 'D': streamArrived(host, head.stream, bytes, head.length); break;
    case 'S': streamSent(host, head.stream, count); break;
    case 'E': streamGone(host, head.stream, (char*)bytes); break;
    case 'T': memcpy(&host->virtualMilliseconds, bytes, sizeof(double)); break;
    case 'M': makeMark(host, (char*)bytes); break;
    case 'X': end(host, EXIT_ENDED);
    case 'G': memcpy(&quietUntil, bytes, sizeof(double)); return;
    default: usageError("the world says '%c', which means nothing", head.type);
    }
  }
}
