/*
 * What JavaScript can call: the functions of the global object `native`, declared in hal/xs/natives.d.ts.
 *
 * Rules for natives: a pointer into a buffer is good until the next allocation; a slot kept in C is remembered and
 * forgotten; what is wrong with an argument is thrown.
 */
#include "host.h"
#include "../hal/esp32/native/crc32c.h"
#include "../hal/esp32/native/text.h"
#include <math.h>

static void native_trace(xsMachine* the)
{
  fputs(xsmcToString(xsArg(0)), stdout);
  fputc('\n', stdout);
}

/* splitmix64 */
static void native_random(xsMachine* the)
{
  uint64_t z = hostOf(the)->options.seed += 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  xsmcSetNumber(xsResult, (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0);
}

static void native_hardwareId(xsMachine* the)
{
  xsmcSetString(xsResult, (char*)hostOf(the)->options.hardwareId);
}

static void native_resetReason(xsMachine* the)
{
  xsmcSetString(xsResult, (char*)hostOf(the)->options.resetReason);
}

static void native_setting(xsMachine* the)
{
  Host* host = hostOf(the);
  const char* name = xsmcToString(xsArg(0));
  size_t length = strlen(name);
  for (int i = 0; i < host->options.settingCount; i++) {
    const char* setting = host->options.settings[i];
    if (strncmp(setting, name, length) || setting[length] != '=') continue;
    xsmcSetString(xsResult, (char*)setting + length + 1);
    return;
  }
}

static void native_mark(xsMachine* the)
{
  makeMark(hostOf(the), xsmcToString(xsArg(0)));
}

static void native_end(xsMachine* the)
{
  end(hostOf(the), EXIT_ENDED);
}

/* This and the next: by the files that a board runs. */
static void native_crc32c(xsMachine* the)
{
  void* buffer;
  xsUnsignedValue count;
  xsmcGetBufferReadable(xsArg(0), &buffer, &count);
  size_t end = (size_t)wholeArgument(the, 2, count), start = (size_t)wholeArgument(the, 1, (double)end);
  xsmcSetInteger(xsResult, godwit_crc32c(buffer, (uint32_t)start, (uint32_t)end, xsmcToInteger(xsArg(3))));
}

static void native_writeText(xsMachine* the)
{
  void* buffer;
  xsUnsignedValue count;
  char* text = xsmcToString(xsArg(0));
  xsmcGetBufferWritable(xsArg(1), &buffer, &count);
  size_t at = (size_t)wholeArgument(the, 2, count);
  xsmcSetInteger(xsResult, godwit_write_text(text, buffer, (uint32_t)at, (uint32_t)count));
}

static const struct {
  const char* name;
  txCallback function;
  int length;
} natives[] = {
    {"trace", native_trace, 1},
    {"milliseconds", native_milliseconds, 0},
    {"wallMilliseconds", native_wallMilliseconds, 0},
    {"setTimer", native_setTimer, 2},
    {"clearTimer", native_clearTimer, 1},
    {"random", native_random, 0},
    {"flashBytes", native_flashBytes, 1},
    {"flashRead", native_flashRead, 3},
    {"flashWrite", native_flashWrite, 3},
    {"flashErase", native_flashErase, 3},
    {"crc32c", native_crc32c, 4},
    {"writeText", native_writeText, 3},
    {"keyRead", native_keyRead, 1},
    {"keyWrite", native_keyWrite, 2},
    {"keyDelete", native_keyDelete, 1},
    {"streamOpen", native_streamOpen, 3},
    {"streamRead", native_streamRead, 2},
    {"streamWrite", native_streamWrite, 2},
    {"streamClose", native_streamClose, 1},
    {"hardwareId", native_hardwareId, 0},
    {"resetReason", native_resetReason, 0},
    {"setting", native_setting, 1},
    {"mark", native_mark, 1},
    {"end", native_end, 0},
    /* the last ones, with a bus only: what they take in the ROM is nothing that a device has */
    {"ask", native_ask, 1},
    {"tell", native_tell, 1},
    {"onCommand", native_onCommand, 1},
    {"figures", native_figures, 0},
};

#define BUS_NATIVES 4

void defineNatives(txMachine* the)
{
  size_t count = sizeof(natives) / sizeof(*natives) - (the->host->options.bus < 0 ? BUS_NATIVES : 0);
  mxPush(mxObjectPrototype);
  txSlot* slot = fxLastProperty(the, fxNewObjectInstance(the));
  for (size_t i = 0; i < count; i++)
    slot = fxNextHostFunctionProperty(the, slot, natives[i].function, natives[i].length,
                                      fxID(the, (txString)natives[i].name), XS_DONT_ENUM_FLAG);
  mxPush(mxGlobal);
  fxDefineID(the, fxID(the, "native"), XS_DONT_ENUM_FLAG, XS_DONT_ENUM_FLAG);
  mxPop();
}

Host* hostOf(xsMachine* the)
{
  return the->host;
}

/* Argument `index` as a whole number from 0 to `max`; throws a RangeError for anything else. */
double wholeArgument(xsMachine* the, int index, double max)
{
  double value = xsmcToNumber(xsArg(index));
  if (!(value >= 0 && value <= max) || value != floor(value)) xsRangeError("%g is not a whole number from 0 to %.0f", value, max);
  return value;
}
