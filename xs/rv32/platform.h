/*
 * What the XS engine is told about a chip of the instruction set rv32imc without an operating system: as ../platform.h, without
 * threads and atomic operations; operands of byte codes are read byte by byte, as the SDK has it for its chips.
 */
#ifndef PLATFORM_H
#define PLATFORM_H

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

#define mxUnalignedAccess 0

#define C_PATH_MAX 256

#define mxExport extern
#define mxImport extern
#define XS_FUNCTION_NORETURN __attribute__((noreturn))

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
