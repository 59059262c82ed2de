/*
 * Every way to die: one message, the JavaScript stack, the report, and an exit code of its own.
 *
 * On a device each of these restarts the chip. None of them can be caught in JavaScript.
 */
#include "host.h"
#include <stdarg.h>

#define FRAMES_MAX 16

void usageError(const char* format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  fputs("xs: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(EXIT_USAGE);
}

void end(Host* host, int exitCode)
{
  fflush(stdout);
  if (host->device) writeReport(host, exitCode);
  fflush(stderr);
  _exit(exitCode);
}

static const char* moduleOf(Host* host, txSlot* function)
{
  if (function->kind != XS_REFERENCE_KIND || !mxIsFunction(function->value.reference)) return NULL;
  txSlot* code = mxFunctionInstanceCode(function->value.reference);
  if (code->kind != XS_CODE_KIND && code->kind != XS_CODE_X_KIND) return "native";
  for (int i = 0; i < host->moduleCount; i++) {
    txScript* script = host->modules[i].script;
    if (script && code->value.code.address >= script->codeBuffer &&
        code->value.code.address < script->codeBuffer + script->codeSize)
      return host->modules[i].name;
  }
  return NULL;
}

void printFrames(txMachine* the)
{
  int count = 0;
  for (txSlot* frame = the->frame; frame && count < FRAMES_MAX; frame = frame->next, count++) {
    char name[80] = "";
    fxBufferFrameName(the, name, sizeof(name), frame, "");
    const char* module = moduleOf(the->host, frame + 3);
    fprintf(stderr, "  at %s%s%s%s\n", name[0] ? name : "(anonymous)", module ? " (" : "", module ? module : "",
            module ? ")" : "");
  }
}

/* xsEndHost comes here before it restores the machine's state, so that is done first. */
static void printException(txMachine* the)
{
  if (the->firstJump) {
    the->stack = the->firstJump->stack;
    the->scope = the->firstJump->scope;
    the->frame = the->firstJump->frame;
    the->code = the->firstJump->code;
  }
  mxTry(the)
  {
    mxPush(mxException);
    if (the->stack->kind == XS_REFERENCE_KIND) mxGetID(mxID(_stack));
    fprintf(stderr, "%s\n", fxToString(the, the->stack));
    mxPop();
  }
  mxCatch(the)
  {
    fputs("  (what was thrown cannot be shown)\n", stderr);
  }
}

void fxAbort(txMachine* the, int status)
{
  static const struct {
    int status, exitCode;
    const char* message;
  } faults[] = {
      {XS_NOT_ENOUGH_MEMORY_EXIT, EXIT_MEMORY_FULL, "memory full"},
      {XS_NO_MORE_KEYS_EXIT, EXIT_MEMORY_FULL, "memory full: no more property names"},
      {XS_STACK_OVERFLOW_EXIT, EXIT_STACK_OVERFLOW, "stack overflow"},
      {XS_UNHANDLED_EXCEPTION_EXIT, EXIT_EXCEPTION, "unhandled exception"},
      {XS_UNHANDLED_REJECTION_EXIT, EXIT_REJECTION, "unhandled rejection"},
      {XS_TOO_MUCH_COMPUTATION_EXIT, EXIT_TOO_MUCH_COMPUTATION, "too much computation"},
  };
  int exitCode = EXIT_ENGINE;
  const char* message = "the engine gave up";
  for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
    if (faults[i].status == status) {
      exitCode = faults[i].exitCode;
      message = faults[i].message;
    }
  fflush(stdout);
  fprintf(stderr, "xs: %s%s\n", message, the->sharedMachine ? "" : " while the ROM is built");
  if (exitCode == EXIT_EXCEPTION || exitCode == EXIT_REJECTION) printException(the);
  else printFrames(the);
  end(the->host, exitCode);
}
