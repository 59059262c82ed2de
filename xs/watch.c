/* The ROM is write-protected: what writes to it ends the device, as flash cannot be written so. */
#include "host.h"
#include <signal.h>

static Host* watched;

static void onViolation(int signalNumber, siginfo_t* info, void* context)
{
  (void)context;
  signal(signalNumber, SIG_DFL);
  if (!isRom(info->si_addr)) return; /* a fault of the host itself: happens again, and dumps */
  fflush(stdout);
  fputs("xs: preloaded state was written to: on a device it is in flash\n", stderr);
  printFrames(watched->device);
  end(watched, EXIT_PRELOADED_WRITTEN);
}

void watchRom(Host* host)
{
  static uint8_t stack[64 * 1024];
  stack_t alternative = {.ss_sp = stack, .ss_size = sizeof(stack)};
  struct sigaction action = {.sa_sigaction = onViolation, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  watched = host;
  sigaltstack(&alternative, NULL);
  sigaction(SIGSEGV, &action, NULL);
}
