/*
 * What the XS engine is told about its platform: an ESP32, as far as JavaScript can see.
 *
 * Property identifiers have 16 bits (no mx32bitID) and strings are UTF-8 by code points (no mxCESU8), as on the device.
 * Not set, because the device's build does not set them: mxMinusZero, mxStringNormalize, mxRegExpUnicodePropertyEscapes.
 */
#ifndef PLATFORM_H
#define PLATFORM_H

#undef mxLinux
#define mxLinux 1

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define mxUseGCCAtomics 1
#define mxUsePOSIXThreads 1

#ifndef C_PATH_MAX
#define C_PATH_MAX 256
#endif

#define mxExport extern
#define mxImport extern
#define XS_FUNCTION_NORETURN __attribute__((noreturn))

/* Members of the engine's machine structure that are ours: the free part of the device's block, and pending work. */
#define mxMachinePlatform \
  struct Host* host; \
  uint8_t* blockLow; \
  uint8_t* blockHigh; \
  int hasPromiseJobs; \
  void* waiterCondition; \
  void* waiterData; \
  void* waiterLink;

#define mxUseDefaultBuildKeys 1
#define mxUseDefaultParseScript 1
#define mxUseDefaultSharedChunks 1

#endif
