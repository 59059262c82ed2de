/*
 * The host: runs the device's files on XS, with an ESP32's memory.
 *
 *   options.c   the command line
 *   rom.c       the ROM machine: built-ins, natives and preloaded modules, frozen and write-protected as if in flash
 *   memory.c    where the engine's memory comes from: the ROM's pages, or the device's one block
 *   natives.c   what JavaScript can call, by name
 *   clock.c     time, timers
 *   storage.c   flash and key-value storage in files, power cuts
 *   stream.c    TCP streams, as bytes and callbacks; over socket.c in real time, over wire.c in virtual time
 *   line.c      the bytes of the wire
 *   bus.c       the main program that has started this process, if one has
 *   loop.c      turns: one callback and the promise jobs after it
 *   meter.c     how much was executed
 *   fault.c     every way to die, each with a message, a JavaScript stack and an exit code
 *   watch.c     writes to the ROM, as one of them
 *   profile.c   byte codes by function
 *   report.c    the figures, as JSON
 *   main.c      the order of things
 *
 * rv32/ has its own of what a chip without an operating system lacks.
 */
#ifndef HOST_H
#define HOST_H

#include "xsAll.h"
#include "xsScript.h"
#include "xs.h"
#include "xsmc.h"

enum ExitCode {
  EXIT_ENDED = 0,
  EXIT_USAGE = 2,
  EXIT_MEMORY_FULL = 10,
  EXIT_STACK_OVERFLOW = 11,
  EXIT_EXCEPTION = 12,
  EXIT_REJECTION = 13,
  EXIT_PRELOADED_WRITTEN = 14,
  EXIT_TOO_MUCH_COMPUTATION = 15,
  EXIT_ENGINE = 16,
  EXIT_POWER_CUT = 21,
};

#define MODULES_MAX 256
#define SETTINGS_MAX 16
#define MARKS_MAX 32
#define COUNTS_MAX 4

typedef struct {
  const char* name; /* without extension, as importers resolve it */
  const char* path;
  bool isPreloaded;
  txScript* script;
} Module;

typedef struct {
  char name[24];
  uint64_t counts[COUNTS_MAX];
  double milliseconds;
  int slots, chunkBytes; /* live, after a collection */
  int sparseArrays;
} Mark;

typedef struct Host {
  struct {
    int staticBytes, chunkInitial, chunkIncrement, heapInitial, heapIncrement, stack, keys, names, symbols;
    int flashBytes, powerCutAfter, wire, bus;
    bool isVirtual, collectsAtEveryAllocation, profiles;
    uint64_t byteCodesMax;
    double epochMilliseconds; /* wall time at boot, in virtual time; NaN: not known */
    uint64_t seed;
    const char *storage, *report, *hardwareId, *resetReason;
    const char* settings[SETTINGS_MAX]; /* name=value */
    int settingCount;
  } options;
  Module modules[MODULES_MAX]; /* the last one is the program */
  int moduleCount;
  txMachine *rom, *device;
  uint8_t* block;
  double startMilliseconds, virtualMilliseconds;
  uint64_t counts[COUNTS_MAX], turns;
  txUnsigned meterBefore;
  bool isLookedAt; /* what is executed now is not counted */
  int flashCalls;
  Mark marks[MARKS_MAX];
  int markCount;
} Host;

/* options.c */
void parseOptions(Host* host, int count, char** arguments);
void usageError(const char* format, ...) XS_FUNCTION_NORETURN;

/* rom.c */
void buildRom(Host* host);

/* memory.c */
void* romPages(size_t size);
void protectRom(void);
bool isRom(const void* address);

/* natives.c */
void defineNatives(txMachine* the);
Host* hostOf(xsMachine* the);
double wholeArgument(xsMachine* the, int index, double max);

/* clock.c */
double nowMilliseconds(Host* host);
double nextTimerMilliseconds(void); /* INFINITY when there is none */
void runTimer(Host* host);          /* the first one that is due, if any */
void native_milliseconds(xsMachine* the);
void native_wallMilliseconds(xsMachine* the);
void native_setTimer(xsMachine* the);
void native_clearTimer(xsMachine* the);

/* storage.c */
void openStorage(Host* host);
void native_flashBytes(xsMachine* the);
void native_flashRead(xsMachine* the);
void native_flashWrite(xsMachine* the);
void native_flashErase(xsMachine* the);
void native_keyRead(xsMachine* the);
void native_keyWrite(xsMachine* the);
void native_keyDelete(xsMachine* the);

/* stream.c */
#define STREAMS_MAX 8
typedef enum { STREAM_FREE, STREAM_CONNECTING, STREAM_OPEN, STREAM_CLOSING, STREAM_GONE } StreamState;
#define STREAM_BUFFER_BYTES 5760 /* TCP_SND_BUF and TCP_WND of ESP-IDF */
typedef struct {
  StreamState state;
  int handle;
  int descriptor; /* of the socket */
  xsSlot callback;
  uint8_t in[STREAM_BUFFER_BYTES], out[STREAM_BUFFER_BYTES]; /* out in real time only: the wire has its bytes at once */
  int inCount, outCount;
  bool isFull; /* a write has taken all the space, and nobody was told of more */
} HostStream;
HostStream* streamAt(int id);
bool hasStreams(void);
void streamConnected(Host* host, int id);
void streamArrived(Host* host, int id, const uint8_t* bytes, int count);
void streamSent(Host* host, int id, int count);
void streamGone(Host* host, int id, const char* reason);
void native_streamOpen(xsMachine* the);
void native_streamRead(xsMachine* the);
void native_streamWrite(xsMachine* the);
void native_streamClose(xsMachine* the);

/* socket.c and wire.c: what carries a stream */
const char* socketOpen(int id, const char* address, int port); /* NULL, or why not */
void socketClose(int id);
void waitForSockets(Host* host, double milliseconds);
void wireOpen(Host* host, int id, const char* address, int port);
void wireClose(Host* host, int id);
void wireWrite(Host* host, int id, const void* bytes, int count);
void wireRead(Host* host, int id, int count);
void waitForWire(Host* host, double nextTimer);

/* line.c */
void linePut(Host* host, const void* bytes, size_t count);
void lineGet(Host* host, void* bytes, size_t count);

/* bus.c */
void native_ask(xsMachine* the);
void native_tell(xsMachine* the);
void native_onCommand(xsMachine* the);
bool isCommanded(void);
void takeCommand(Host* host);
void tellTurn(Host* host);

/* loop.c */
void runProgram(Host* host);
void runLoop(Host* host);
void callBack(Host* host, xsSlot* callback, int event, int detail, const char* reason);
#define NO_EVENT -1
void runJobs(txMachine* the);

/* meter.c */
extern const char* const countNames[]; /* of the counts, in order; NULL after the last */
void beginCounting(Host* host);
void takeCounts(Host* host); /* brings them up to now */
void skipCounts(Host* host); /* what was executed since they were taken does not count */

/* fault.c */
void printFrames(txMachine* the);
void end(Host* host, int exitCode) XS_FUNCTION_NORETURN;

/* watch.c */
void watchRom(Host* host);

/* profile.c */
void reportProfile(FILE* file);
void clearProfile(void);

/* report.c */
void paintStack(txMachine* the);
void writeReport(Host* host, int exitCode);
void makeMark(Host* host, const char* name);
void native_figures(xsMachine* the);

#endif
