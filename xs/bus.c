/*
 * The main program of `npm start -- --engine xs`, which has started this process. What is said is in bus.ts.
 *
 * Texts go over a socket, each as u32 length (little-endian), then so many bytes. The device asks and waits for the answer,
 * as for a sensor on a bus, or tells and goes on. Commands come on standard input, a byte each. Without the main program,
 * the device has no power.
 */
#include "host.h"
#include <sys/socket.h>

static xsSlot listener;
static bool isListening, hasAsked;

static void powerOff(void)
{
  _exit(EXIT_POWER_CUT);
}

static void sendText(Host* host, const char* text, uint32_t length)
{
  const struct {
    const void* bytes;
    size_t count;
  } parts[] = {{&length, sizeof(length)}, {text, length}};
  for (int i = 0; i < 2; i++)
    for (size_t done = 0; done < parts[i].count;) {
      ssize_t sent = send(host->options.bus, (const char*)parts[i].bytes + done, parts[i].count - done, MSG_NOSIGNAL);
      if (sent <= 0) powerOff();
      done += (size_t)sent;
    }
}

static void receive(Host* host, void* bytes, size_t count)
{
  for (size_t done = 0; done < count;) {
    ssize_t got = recv(host->options.bus, (char*)bytes + done, count - done, 0);
    if (got <= 0) powerOff();
    done += (size_t)got;
  }
}

void native_tell(xsMachine* the)
{
  const char* text = xsmcToString(xsArg(0));
  sendText(hostOf(the), text, (uint32_t)strlen(text));
}

void native_ask(xsMachine* the)
{
  Host* host = hostOf(the);
  uint32_t length;
  native_tell(the);
  hasAsked = true;
  receive(host, &length, sizeof(length));
  char* text = malloc((size_t)length + 1);
  receive(host, text, length);
  text[length] = 0;
  xsmcSetString(xsResult, text);
  free(text);
}

/* The turn is over in which something was asked: what came of the answer is in flash. */
void tellTurn(Host* host)
{
  static const char text[] = "[\"turn\"]";
  if (hasAsked) sendText(host, text, sizeof(text) - 1);
  hasAsked = false;
}

/* onCommand(callback), or without one when no command is to come any more. */
void native_onCommand(xsMachine* the)
{
  if (isListening) xsForget(listener);
  isListening = xsmcArgc > 0;
  if (!isListening) return;
  listener = xsArg(0);
  xsRemember(listener);
}

bool isCommanded(void)
{
  return isListening;
}

/* Being looked at is nothing that a device does: the byte codes of such a turn do not count. */
void takeCommand(Host* host)
{
  uint8_t command;
  if (read(STDIN_FILENO, &command, 1) <= 0) powerOff();
  if (!isListening) return;
  host->isLookedAt = true;
  callBack(host, &listener, command, 0, NULL);
  host->isLookedAt = false;
}
