/*
 * What the XS engine is told about its platform, wherever the host runs: on a computer (platform.h), or on the instruction set of
 * an ESP32-C3 (rv32/platform.h).
 *
 * Property identifiers have 16 bits (no mx32bitID) and strings are UTF-8 by code points (no mxCESU8), as on the device.
 * Not set, because the device's build does not set them: mxMinusZero, mxStringNormalize, mxRegExpUnicodePropertyEscapes.
 */
#ifndef ENGINE_H
#define ENGINE_H

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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
