/* Byte codes by function, with what natives that it called have counted. Functions are told apart by where their code begins. */
#include "host.h"
#include "profile.h"

#define FUNCTIONS_MAX 4096 /* a power of two */

static struct {
  const txByte* code;
  char name[64];
  const char* module;
  uint64_t byteCodes, calls;
} functions[FUNCTIONS_MAX];

int profiling;
/* The function that ran last, and the engine's counter then. */
static size_t last;
static txU4 meterBefore;

static const char* moduleAt(Host* host, const txByte* code)
{
  for (int i = 0; i < host->moduleCount; i++) {
    txScript* script = host->modules[i].script;
    if (code >= script->codeBuffer && code < script->codeBuffer + script->codeSize) return host->modules[i].name;
  }
  return "";
}

void profileCount(txMachine* the, txSlot* frame, const txByte* code)
{
  txSlot* function = frame + 3;
  if (function->kind != XS_REFERENCE_KIND || !mxIsFunction(function->value.reference)) return;
  txSlot* slot = mxFunctionInstanceCode(function->value.reference);
  if (slot->kind != XS_CODE_KIND && slot->kind != XS_CODE_X_KIND) return;
  const txByte* start = slot->value.code.address;
  size_t i = ((size_t)start * 2654435761u >> 7) % FUNCTIONS_MAX;
  while (functions[i].code && functions[i].code != start) i = (i + 1) % FUNCTIONS_MAX;
  if (!functions[i].code) {
    functions[i].code = start;
    functions[i].module = moduleAt(the->host, start);
    fxBufferFrameName(the, functions[i].name, sizeof(functions[i].name), frame, "");
  }
  functions[i].byteCodes++;
  functions[i].calls += code == start;
  if (meterBefore && the->meterIndex > meterBefore) functions[last].byteCodes += the->meterIndex - meterBefore - 1;
  meterBefore = the->meterIndex;
  last = i;
}

void clearProfile(void)
{
  for (int i = 0; i < FUNCTIONS_MAX; i++) functions[i].byteCodes = functions[i].calls = 0;
  meterBefore = 0;
}

void reportProfile(FILE* file)
{
  const char* separator = "";
  fputs(",\n\"functions\":[", file);
  for (int i = 0; i < FUNCTIONS_MAX; i++) {
    if (!functions[i].byteCodes) continue;
    fprintf(file, "%s\n{\"module\":\"%s\",\"name\":\"%s\",\"calls\":%llu,\"byteCodes\":%llu}", separator,
            functions[i].module, functions[i].name, (unsigned long long)functions[i].calls,
            (unsigned long long)functions[i].byteCodes);
    separator = ",";
  }
  fputs("]", file);
}
