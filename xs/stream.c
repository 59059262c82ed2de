/*
 * TCP streams as JavaScript sees them: bytes in two buffers, and a callback.
 *
 * What carries the bytes is socket.c in real time and wire.c in virtual time; they report through streamConnected,
 * streamArrived, streamSent and streamGone, always from the loop, never from inside a native.
 *
 * The callback gets an event and its detail:
 *   0  readable  bytes that can be read
 *   1  writable  bytes that can be written
 *   2  gone      the reason, as text
 */
#include "host.h"

enum { READABLE, WRITABLE, GONE };

static HostStream streams[STREAMS_MAX];
/* Handles are not used again; a handle modulo STREAMS_MAX is the place of its stream. */
static int openings;

HostStream* streamAt(int id)
{
  return &streams[id];
}

bool hasStreams(void)
{
  for (int id = 0; id < STREAMS_MAX; id++)
    if (streams[id].state != STREAM_FREE && streams[id].state != STREAM_GONE) return true;
  return false;
}

/* A slot stays taken until JavaScript has closed it; a stream that is closing belongs to its carrier alone. */
static void release(txMachine* the, HostStream* stream)
{
  xsForget(stream->callback);
  stream->inCount = 0;
}

void streamConnected(Host* host, int id)
{
  HostStream* stream = &streams[id];
  if (stream->state != STREAM_CONNECTING) return;
  stream->state = STREAM_OPEN;
  callBack(host, &stream->callback, WRITABLE, STREAM_BUFFER_BYTES, NULL);
}

void streamArrived(Host* host, int id, const uint8_t* bytes, int count)
{
  HostStream* stream = &streams[id];
  if (stream->state != STREAM_OPEN) return;
  memcpy(stream->in + stream->inCount, bytes, (size_t)count);
  stream->inCount += count;
  callBack(host, &stream->callback, READABLE, stream->inCount, NULL);
}

void streamSent(Host* host, int id, int count)
{
  HostStream* stream = &streams[id];
  stream->outCount -= count;
  if (!host->options.isVirtual) memmove(stream->out, stream->out + count, (size_t)stream->outCount);
  if (stream->state != STREAM_OPEN || !stream->isFull || count == 0) return;
  stream->isFull = false;
  callBack(host, &stream->callback, WRITABLE, STREAM_BUFFER_BYTES - stream->outCount, NULL);
}

void streamGone(Host* host, int id, const char* reason)
{
  HostStream* stream = &streams[id];
  bool wasClosing = stream->state == STREAM_CLOSING;
  stream->state = wasClosing ? STREAM_FREE : STREAM_GONE;
  if (wasClosing) return;
  xsSlot callback = stream->callback;
  release(host->device, stream);
  callBack(host, &callback, GONE, 0, reason);
}

/* streamOpen(host, port, callback) -> handle */
void native_streamOpen(xsMachine* the)
{
  Host* host = hostOf(the);
  const char* address = xsmcToString(xsArg(0));
  int port = (int)wholeArgument(the, 1, 65535);
  int id = 0;
  if (address[0] == 0 || port == 0) xsRangeError("a stream needs a host and a port");
  while (id < STREAMS_MAX && streams[id].state != STREAM_FREE) id++;
  if (id == STREAMS_MAX) xsUnknownError("no more than %d streams", STREAMS_MAX);
  HostStream* stream = &streams[id];
  stream->inCount = stream->outCount = 0;
  stream->isFull = false;
  if (host->options.isVirtual) wireOpen(host, id, address, port);
  else {
    const char* problem = socketOpen(id, address, port);
    if (problem) xsRangeError("%s", problem);
  }
  stream->state = STREAM_CONNECTING;
  stream->callback = xsArg(2);
  xsRemember(stream->callback);
  stream->handle = ++openings * STREAMS_MAX + id;
  xsmcSetInteger(xsResult, stream->handle);
}

static HostStream* liveStream(xsMachine* the)
{
  int handle = xsmcToInteger(xsArg(0));
  HostStream* stream = &streams[handle % STREAMS_MAX];
  if (stream->handle != handle) xsUnknownError("the stream is gone");
  if (stream->state != STREAM_CONNECTING && stream->state != STREAM_OPEN) xsUnknownError("the stream is gone");
  return stream;
}

/* streamRead(handle, buffer) -> count, or undefined */
void native_streamRead(xsMachine* the)
{
  void* buffer;
  xsUnsignedValue count;
  HostStream* stream = liveStream(the);
  xsmcGetBufferWritable(xsArg(1), &buffer, &count);
  if (count > (xsUnsignedValue)stream->inCount) count = (xsUnsignedValue)stream->inCount;
  if (count == 0) return;
  memcpy(buffer, stream->in, count);
  stream->inCount -= (int)count;
  memmove(stream->in, stream->in + count, (size_t)stream->inCount);
  if (hostOf(the)->options.isVirtual) wireRead(hostOf(the), (int)(stream - streams), (int)count);
  xsmcSetInteger(xsResult, (int)count);
}

/* streamWrite(handle, buffer) -> space left */
void native_streamWrite(xsMachine* the)
{
  void* buffer;
  xsUnsignedValue count;
  HostStream* stream = liveStream(the);
  if (stream->state == STREAM_CONNECTING) xsUnknownError("the stream is not connected yet");
  xsmcGetBufferReadable(xsArg(1), &buffer, &count);
  int space = stream->isFull ? 0 : STREAM_BUFFER_BYTES - stream->outCount;
  if (count > (xsUnsignedValue)space)
    xsRangeError("%u bytes cannot be written, there is space for %d", (unsigned)count, space);
  if (!hostOf(the)->options.isVirtual) memcpy(stream->out + stream->outCount, buffer, count);
  stream->outCount += (int)count;
  stream->isFull = stream->outCount == STREAM_BUFFER_BYTES;
  if (hostOf(the)->options.isVirtual) wireWrite(hostOf(the), (int)(stream - streams), buffer, (int)count);
  xsmcSetInteger(xsResult, space - (int)count);
}

void native_streamClose(xsMachine* the)
{
  Host* host = hostOf(the);
  int handle = xsmcToInteger(xsArg(0)), id = handle % STREAMS_MAX;
  HostStream* stream = &streams[id];
  if (stream->handle != handle) return;
  if (stream->state == STREAM_GONE) stream->state = STREAM_FREE;
  if (stream->state != STREAM_CONNECTING && stream->state != STREAM_OPEN) return;
  release(the, stream);
  stream->state = STREAM_CLOSING;
  if (host->options.isVirtual) wireClose(host, id);
  else socketClose(id);
}
