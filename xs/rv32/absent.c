/* What is not there on this machine: sockets, a main program, a profile, and a collection at each allocation. */
#include "../host.h"
#include "../profile.h"

int gxStress, profiling;

static void refuse(const char* what)
{
  usageError("there is no %s on rv32", what);
}

const char* socketOpen(int id, const char* address, int port)
{
  (void)id;
  (void)address;
  (void)port;
  return "no network";
}

void socketClose(int id)
{
  (void)id;
}

void waitForSockets(Host* host, double milliseconds)
{
  (void)host;
  (void)milliseconds;
  refuse("real time");
}

void native_ask(xsMachine* the)
{
  (void)the;
}

void native_tell(xsMachine* the)
{
  (void)the;
}

void native_onCommand(xsMachine* the)
{
  (void)the;
}

bool isCommanded(void)
{
  return false;
}

void tellTurn(Host* host)
{
  (void)host;
}

void reportProfile(FILE* file)
{
  (void)file;
  refuse("profile");
}

void clearProfile(void)
{
}
