/* Streams over real TCP, to this machine only. */
#include "host.h"
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

const char* socketOpen(int id, const char* address, int port)
{
  int on = 1;
  struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  if (!strcmp(address, "localhost")) address = "127.0.0.1";
  if (inet_pton(AF_INET, address, &peer.sin_addr) != 1 || ntohl(peer.sin_addr.s_addr) >> 24 != 127)
    return "only addresses of this machine can be connected to";
  int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return "no socket";
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  connect(descriptor, (struct sockaddr*)&peer, sizeof(peer));
  streamAt(id)->descriptor = descriptor;
  return NULL;
}

/* What was taken is sent first, by the loop; a stream that is not connected has taken nothing. */
void socketClose(int id)
{
  HostStream* stream = streamAt(id);
  if (stream->outCount > 0) return;
  close(stream->descriptor);
  stream->state = STREAM_FREE;
}

static void fail(Host* host, int id, int error)
{
  const char* reason = error == ECONNREFUSED                   ? "connection refused"
                       : error == 0                            ? "closed by the peer"
                       : error == ECONNRESET || error == EPIPE ? "connection reset by the peer"
                                                               : strerror(error);
  close(streamAt(id)->descriptor);
  streamGone(host, id, reason);
}

static void send_(Host* host, int id)
{
  HostStream* stream = streamAt(id);
  ssize_t sent = send(stream->descriptor, stream->out, (size_t)stream->outCount, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) fail(host, id, errno);
  else if (sent > 0) streamSent(host, id, (int)sent);
  if (stream->state == STREAM_CLOSING) socketClose(id);
}

static void receive(Host* host, int id)
{
  uint8_t bytes[STREAM_BUFFER_BYTES];
  HostStream* stream = streamAt(id);
  ssize_t count = recv(stream->descriptor, bytes, (size_t)(STREAM_BUFFER_BYTES - stream->inCount), 0);
  if (count > 0) streamArrived(host, id, bytes, (int)count);
  else if (count == 0) fail(host, id, 0);
  else if (errno != EAGAIN) fail(host, id, errno);
}

static void serve(Host* host, int id, short events)
{
  HostStream* stream = streamAt(id);
  if (stream->state == STREAM_CONNECTING) {
    int error = 0;
    socklen_t length = sizeof(error);
    getsockopt(stream->descriptor, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error) fail(host, id, error);
    else streamConnected(host, id);
    return;
  }
  if (events & POLLOUT) send_(host, id);
  if (stream->state == STREAM_OPEN && (events & (POLLIN | POLLHUP | POLLERR))) receive(host, id);
  else if (stream->state == STREAM_CLOSING && (events & (POLLHUP | POLLERR))) fail(host, id, EPIPE);
}

/* Waits until a socket is ready or a command is there, `milliseconds` at most, and tells whom it concerns. */
void waitForSockets(Host* host, double milliseconds)
{
  struct pollfd polled[STREAMS_MAX + 1];
  int ids[STREAMS_MAX], count = 0;
  for (int id = 0; id < STREAMS_MAX; id++) {
    HostStream* stream = streamAt(id);
    if (stream->state == STREAM_FREE || stream->state == STREAM_GONE) continue;
    bool writes = stream->state == STREAM_CONNECTING || stream->outCount > 0;
    bool reads = stream->state == STREAM_OPEN && stream->inCount < STREAM_BUFFER_BYTES;
    polled[count].fd = stream->descriptor;
    polled[count].events = (short)((writes ? POLLOUT : 0) | (reads ? POLLIN : 0));
    ids[count++] = id;
  }
  bool hasBus = host->options.bus >= 0;
  polled[count] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
  int ready = poll(polled, (nfds_t)(count + hasBus), milliseconds > 1e9 ? -1 : (int)ceil(milliseconds));
  for (int i = 0; ready > 0 && i < count; i++) {
    HostStream* stream = streamAt(ids[i]);
    bool isSame = stream->descriptor == polled[i].fd && stream->state != STREAM_FREE && stream->state != STREAM_GONE;
    if (isSame && polled[i].revents) serve(host, ids[i], polled[i].revents);
  }
  if (ready > 0 && hasBus && polled[count].revents) takeCommand(host);
}
