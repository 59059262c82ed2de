/* The command line. `xs/run.ts` writes it; the memory's sizes come from `creation` in manifest.json. */
#include "host.h"
#include <math.h>

enum Kind { NUMBER, REAL, SEED, TEXT, SWITCH };

void parseOptions(Host* host, int count, char** arguments)
{
  typeof(host->options)* o = &host->options;
  const struct {
    const char* name;
    enum Kind kind;
    void* value;
  } table[] = {
      {"--static", NUMBER, &o->staticBytes},
      {"--chunk-initial", NUMBER, &o->chunkInitial},
      {"--chunk-increment", NUMBER, &o->chunkIncrement},
      {"--heap-initial", NUMBER, &o->heapInitial},
      {"--heap-increment", NUMBER, &o->heapIncrement},
      {"--stack", NUMBER, &o->stack},
      {"--keys", NUMBER, &o->keys},
      {"--names", NUMBER, &o->names},
      {"--symbols", NUMBER, &o->symbols},
      {"--flash-bytes", NUMBER, &o->flashBytes},
      {"--power-cut", NUMBER, &o->powerCutAfter},
      {"--wire", NUMBER, &o->wire},
      {"--bus", NUMBER, &o->bus},
      {"--virtual", SWITCH, &o->isVirtual},
      {"--collect", SWITCH, &o->collectsAtEveryAllocation},
      {"--profile", SWITCH, &o->profiles},
      {"--byte-codes-max", SEED, &o->byteCodesMax},
      {"--epoch", REAL, &o->epochMilliseconds},
      {"--seed", SEED, &o->seed},
      {"--storage", TEXT, &o->storage},
      {"--report", TEXT, &o->report},
      {"--hardware-id", TEXT, &o->hardwareId},
      {"--reset-reason", TEXT, &o->resetReason},
  };
  o->wire = o->bus = -1;
  o->epochMilliseconds = NAN;
  o->hardwareId = "000000000000";
  o->resetReason = "power-on";
  for (int i = 1; i < count; i++) {
    char* name = arguments[i];
    char* value = i + 1 < count ? arguments[i + 1] : NULL;
    bool isModule = !strcmp(name, "--preload") || !strcmp(name, "--main");
    if (isModule || !strcmp(name, "--set")) {
      char* sign = value ? strchr(value, '=') : NULL;
      if (!sign) usageError("%s needs name=value", name);
      i++;
      if (isModule) {
        if (host->moduleCount == MODULES_MAX) usageError("no more than %d modules", MODULES_MAX);
        *sign = 0;
        host->modules[host->moduleCount++] = (Module){.name = value, .path = sign + 1, .isPreloaded = name[2] == 'p'};
      }
      else if (o->settingCount < SETTINGS_MAX) o->settings[o->settingCount++] = value;
      continue;
    }
    size_t at = 0;
    while (at < sizeof(table) / sizeof(*table) && strcmp(name, table[at].name)) at++;
    if (at == sizeof(table) / sizeof(*table)) usageError("%s is no option", name);
    if (table[at].kind == SWITCH) {
      *(bool*)table[at].value = true;
      continue;
    }
    if (!value) usageError("%s needs a value", name);
    i++;
    switch (table[at].kind) {
    case NUMBER: *(int*)table[at].value = atoi(value); break;
    case REAL: *(double*)table[at].value = atof(value); break;
    case SEED: *(uint64_t*)table[at].value = strtoull(value, NULL, 10); break;
    default: *(const char**)table[at].value = value; break;
    }
  }
  if (host->moduleCount == 0 || host->modules[host->moduleCount - 1].isPreloaded) usageError("--main must come last");
  if (!o->staticBytes || !o->heapInitial || !o->stack || !o->names || !o->symbols) usageError("the sizes are missing");
  if (!o->storage) usageError("--storage is missing");
}
